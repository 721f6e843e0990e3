import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Recommender } from '../recommend/recommender.ts';
import type { Access } from './access.ts';
import { currentRecommender } from './current.ts';
import type { AppDeps } from './deps.ts';
import { createModelCache } from './model-cache.ts';

/** An answer that was given before. */
export interface KnownAnswer {
  readonly etag: string;
  /** The bytes of its UTF-8, a character each: as one piece, which a serialiser's strings are not, it is written the fastest. */
  readonly bytes: string;
  readonly route: string | undefined;
  readonly access: Access;
  /** Names and values of its headers in turn, but for what is each request's own; undefined where they are not anybody's. */
  readonly head: readonly string[] | undefined;
}

/** What was answered before, where it depends on the model and the URL alone. */
export interface Answers {
  /** What was answered to this URL by the model that serves. */
  known(url: string): KnownAnswer | undefined;
  /** Of routes whose answers are such. */
  readonly hooks: {
    /** Answers what was asked before, or what the client still has. */
    onRequest(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
    /** Keeps an answer and names it. */
    onSend(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown>;
  };
}

const contentType = 'application/json; charset=utf-8';

export function createAnswers(deps: AppDeps): Answers {
  const kept = createModelCache<KnownAnswer>(({ bytes }) => bytes.length);
  const asked = new WeakMap<FastifyRequest, { readonly recommender: Recommender; readonly stamp: string }>();

  /** The model, how it is searched, the provisional songs, the request, and the program that words the answer. */
  function etagOf({ model: { version, manifest, graph }, stamp }: Recommender, url: string): string {
    const text = [deps.version, manifest.createdAt, manifest.files['vectors.safetensors'].sha256, graph ? 'index' : 'scan', stamp, url].join(' ');
    return `"${version}-${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  }

  return {
    known(url) {
      const recommender = deps.recommender();
      return recommender && kept.of(recommender).get(url);
    },

    hooks: {
      async onRequest(request, reply) {
        const recommender = currentRecommender(deps);
        const url = request.raw.url ?? '';
        const known = kept.of(recommender).get(url);
        const wanted = request.headers['if-none-match'];
        if (wanted !== undefined) {
          const etag = known?.etag ?? etagOf(recommender, url);
          if (names(wanted, etag)) return describe(reply, etag).code(304).send();
        }
        if (known) return describe(reply, known.etag).header('content-type', contentType).send(Buffer.from(known.bytes, 'latin1'));
        asked.set(request, { recommender, stamp: recommender.stamp });
        return undefined;
      },

      async onSend(request, reply, payload) {
        const { recommender, stamp } = asked.get(request) ?? {};
        const isSame = recommender !== undefined && recommender === deps.recommender() && stamp === recommender.stamp;
        if (!isSame || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
        const url = request.raw.url ?? '';
        const etag = etagOf(recommender, url);
        describe(reply, etag);
        const { url: route, config: { access = 'admin' } } = request.routeOptions;
        const bytes = Buffer.from(payload).toString('latin1');
        kept.of(recommender).set(url, { etag, bytes, route, access, head: request.headers.origin === undefined ? headOf(reply, bytes.length) : undefined });
        return payload;
      },
    },
  };
}

function describe(reply: FastifyReply, etag: string): FastifyReply {
  return reply.header('etag', etag).header('cache-control', 'private, no-cache');
}

const ownHeaders = new Set(['connection', 'x-request-id']);

function headOf(reply: FastifyReply, length: number): string[] {
  const headers = Object.entries({ ...reply.getHeaders(), 'content-type': contentType, 'content-length': length });
  return headers.filter(([name]) => !ownHeaders.has(name)).flatMap(([name, value]) => [name, String(value)]);
}

/** Whether an If-None-Match header names this tag. */
function names(header: string, etag: string): boolean {
  return header === etag || header.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
}
