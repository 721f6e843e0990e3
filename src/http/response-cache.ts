import { hash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { Recommender } from "../recommend/query/recommender.ts";
import { parseEntityTags, withoutWeakness } from "./entity-tags.ts";
import type { RecommendationCounts } from "./observability/metrics.ts";

/** A serialized response. */
export interface CachedResponse {
  /** JSON in UTF-8, as bytes: encoded once, and outside of the V8 heap. */
  readonly body: Buffer;
  /** Hash of the body: the same body has the same tag after a restart. */
  readonly etag: string;
  /** Counted for each response, cached or not. */
  readonly counts: RecommendationCounts | null;
}

export interface ResponseCache {
  /**
   * The cached response to an equal request, or a new one.
   *
   * @param request the route and the validated parameters, which name the response as long as the model and its
   *   cold-start songs stay the same
   */
  get(
    recommender: Recommender,
    request: object,
    respond: () => Promise<CachedResponse>,
  ): CachedResponse | Promise<CachedResponse>;
}

const maxBytes = 32 * 2 ** 20;
/** Requests with a longer key are rarely sent twice. */
const maxKeyLength = 8192;

/** Nothing is invalidated: the responses of an earlier model are evicted as the least recently used. */
export function createResponseCache(): ResponseCache {
  const responses = new LRUCache<string, CachedResponse>({
    maxSize: maxBytes,
    maxEntrySize: maxBytes / 8,
    sizeCalculation: ({ body, etag }, key) => body.length + etag.length + Buffer.byteLength(key),
  });

  return {
    get(recommender, request, respond) {
      const text = JSON.stringify(request);
      const keyNow = () => `${recommender.model.version} ${recommender.revision} ${text}`;
      const key = keyNow();
      return responses.get(key) ?? respondAnew();

      async function respondAnew(): Promise<CachedResponse> {
        const response = await respond();
        const isCurrent = key === keyNow(); // no cold-start song changed meanwhile
        if (isCurrent && key.length <= maxKeyLength) responses.set(key, response);
        return response;
      }
    },
  };
}

export function toResponse(json: string, counts: RecommendationCounts | null = null): CachedResponse {
  // Not from the buffer pool: one cached response would keep all of the pool in memory.
  const body = Buffer.allocUnsafeSlow(Buffer.byteLength(json));
  body.write(json);
  return { body, etag: `"${hash("sha256", body, "base64url").slice(0, 22)}"`, counts };
}

/** Sends a response to a GET request, or 304 if the client has it already. */
export function sendWithEtag(request: FastifyRequest, reply: FastifyReply, { body, etag }: CachedResponse) {
  return sendIfCached(request, reply, etag) ? reply : sendJson(reply, body);
}

/** Sets the ETag of a response to a GET request, and sends 304 if the client has it already. @returns whether it has */
export function sendIfCached({ headers }: FastifyRequest, reply: FastifyReply, etag: string): boolean {
  void reply.header("etag", etag).header("cache-control", "private, no-cache");
  const tags = parseEntityTags(headers["if-none-match"] ?? "") ?? [];
  const isKnown = tags === "*" || tags.some((tag) => withoutWeakness(tag) === etag);
  if (isKnown) void reply.code(304).send();
  return isKnown;
}

export function sendJson(reply: FastifyReply, body: Buffer): FastifyReply {
  return reply.header("content-type", "application/json; charset=utf-8").send(body);
}
