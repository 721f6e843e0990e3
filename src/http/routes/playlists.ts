import { Readable } from "node:stream";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { createError } from "../../errors.ts";
import type { Playlist, Precondition } from "../../store/store.ts";
import type { RouteDeps } from "../deps.ts";
import { recommend } from "../recommend.ts";
import { recommendersFor } from "../recommenders.ts";
import { sendIfCached, sendJson } from "../response-cache.ts";
import { parseEntityTags, withoutWeakness } from "../entity-tags.ts";
import { refuseOtherTypes } from "../security/json.ts";
import { importPlaylists } from "../playlist-import.ts";
import {
  importLineSchema,
  importQuerySchema,
  pageQuerySchema,
  playlistBodySchema,
  playlistConditionsSchema,
  playlistPageSchema,
  playlistParamsSchema,
  playlistSchema,
} from "../schemas/playlists.ts";
import { problemResponses } from "../schemas/problem.ts";
import { playlistRecommendationsQuerySchema, recommendationsSchema } from "../schemas/recommendations.ts";

const ndjson = "application/x-ndjson";
/** There is no registered type of JSON lines. */
const lineTypes = /^(?:application|text)\/(?:x-)?(?:(?:nd|ld)json|json-?l(?:ines)?)\s*(?:;|$)/i;

export const playlistRoutes: FastifyPluginAsyncZod<RouteDeps> = async (app, deps) => {
  const { playlists } = deps;
  const tags = ["playlists"];

  app.put(
    "/v1/playlists/:playlistId",
    {
      bodyLimit: 4 * 2 ** 20,
      config: { access: "writer", hasEtag: true },
      schema: {
        tags,
        operationId: "putPlaylist",
        description: "Creates the playlist or replaces it. The next training job includes it.",
        summary: "Store a playlist",
        params: playlistParamsSchema,
        headers: playlistConditionsSchema,
        body: playlistBodySchema,
        response: {
          200: playlistSchema,
          201: playlistSchema,
          ...problemResponses(412, 413, 415, 503, 507),
        },
      },
    },
    async (request, reply) => {
      const content = { playlistId: request.params.playlistId, songs: request.body.songs };
      const { playlist, created } = await playlists.put(content, preconditionOf(request.headers));
      void reply.code(created ? 201 : 200).header("etag", etagOf(playlist));
      return describe(playlist);
    },
  );

  app.get(
    "/v1/playlists/:playlistId",
    {
      config: { access: "reader", hasEtag: true },
      schema: {
        tags,
        operationId: "getPlaylist",
        summary: "Get a stored playlist",
        params: playlistParamsSchema,
        response: { 200: playlistSchema, ...problemResponses(404, 503) },
      },
    },
    async (request, reply) => {
      const playlist = await playlists.get(request.params.playlistId);
      return sendIfCached(request, reply, etagOf(playlist)) ? reply : describe(playlist);
    },
  );

  app.delete(
    "/v1/playlists/:playlistId",
    {
      config: { access: "writer" },
      schema: {
        tags,
        operationId: "deletePlaylist",
        description: "The next training job does not include it any more.",
        summary: "Delete a stored playlist",
        params: playlistParamsSchema,
        headers: playlistConditionsSchema,
        response: { 204: z.null().describe("Deleted"), ...problemResponses(404, 412, 503, 507) },
      },
    },
    async (request, reply) => {
      await playlists.remove(request.params.playlistId, preconditionOf(request.headers));
      return reply.code(204).send(null);
    },
  );

  app.get(
    "/v1/playlists",
    {
      config: { access: "reader" },
      schema: {
        tags,
        operationId: "listPlaylists",
        description: "Sorted by id, in pages.",
        summary: "List the stored playlists",
        querystring: pageQuerySchema,
        response: { 200: playlistPageSchema, ...problemResponses(503) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const page = await playlists.page({ limit, ...(cursor !== undefined && { after: readCursor(cursor) }) });
      const last = page.playlists.at(-1);
      return { items: page.playlists.map(describe), next: page.more && last ? writeCursor(last) : null };
    },
  );

  app.get(
    "/v1/playlists/:playlistId/recommendations",
    {
      config: { access: "reader" },
      schema: {
        tags,
        operationId: "recommendForPlaylist",
        summary: "Recommend songs for a stored playlist",
        params: playlistParamsSchema,
        querystring: playlistRecommendationsQuerySchema,
        response: { 200: recommendationsSchema, ...problemResponses(404, 409, 422, 503) },
      },
    },
    async (request, reply) => {
      const { songs } = await playlists.get(request.params.playlistId);
      const query = { songs: [...songs], ...request.query };
      const recommended = await recommend(deps, recommendersFor(deps, request), query);
      return sendJson(reply, recommended.body);
    },
  );

  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(lineTypes, (_, payload, done) => done(null, payload));
    refuseOtherTypes(scope);
    scope.post<{ Querystring: z.output<typeof importQuerySchema>; Body: Readable | undefined }>(
      "/v1/playlists/import",
      {
        config: {
          access: "writer",
          bodySeconds: 3600,
          streamedBody: {
            mediaTypes: [ndjson, "application/ndjson", "application/jsonl"],
            type: "string",
            description:
              "One JSON object per line: `playlistId` and `songs`. The media types of JSON lines are accepted too",
            examples: [
              '{"playlistId": "user-42", "songs": ["13346", "11681"]}\n{"playlistId": "user-43", "songs": ["12874"]}\n',
            ],
          },
        },
        schema: {
          tags,
          operationId: "importPlaylists",
          consumes: [ndjson],
          summary: "Import playlists",
          description:
            'Stores many playlists: one JSON object `{"playlistId": …, "songs": […]}` per line. ' +
            "The response is a stream of JSON objects, one per line. " +
            '`{"acknowledged": n}`: every line up to line n is stored durably or was reported. ' +
            '`{"line": n, "error": …}`: line n was not stored. `{"done": true, …}`: the import has ended. ' +
            "`done` is `false` if it ended early; `error` has the reason. To resume, send the same lines with " +
            "`afterLine` and the last `acknowledged`.",
          querystring: importQuerySchema,
          response: {
            200: { description: "One JSON object per line", content: { [ndjson]: { schema: importLineSchema } } },
            ...problemResponses(415, 503, 507),
          },
        },
      },
      async (request, reply) => {
        const body = request.body ?? Readable.from([]);
        const results = importPlaylists(body, playlists, request.query.afterLine, (error) =>
          request.log[request.raw.errored ? "info" : "error"]({ reqId: request.id, err: error }, "import failed"),
        );
        const first = await results.next(); // an error up to here sets the status
        return reply.header("content-type", ndjson).send(Readable.from(lines(first, results)));
      },
    );
  });
};

async function* lines<T>(first: IteratorResult<T>, rest: AsyncIterable<T>): AsyncGenerator<string> {
  if (!first.done) yield `${JSON.stringify(first.value)}\n`;
  for await (const value of rest) yield `${JSON.stringify(value)}\n`;
}

function describe({ playlistId, songs, updatedAt }: Playlist) {
  return { playlistId, songs: [...songs], updatedAt };
}

function etagOf({ revision }: Playlist): string {
  return `"${revision}"`;
}

/** @throws BAD_REQUEST for a malformed header */
function preconditionOf(headers: z.infer<typeof playlistConditionsSchema>): Precondition {
  const { "if-match": match, "if-none-match": noneMatch } = headers;
  return {
    ...(match !== undefined && { match: revisionsOf("If-Match", match) }),
    ...(noneMatch !== undefined && { noneMatch: revisionsOf("If-None-Match", noneMatch) }),
  };
}

/** The revisions of a list of entity tags. Weak tags never match in If-Match (RFC 9110, 13.1.1). */
function revisionsOf(header: "If-Match" | "If-None-Match", value: string): "*" | number[] {
  const tags = parseEntityTags(value);
  if (tags === undefined)
    throw createError("BAD_REQUEST", {
      reason: `Malformed ${header} header. Send *, or ETags in double quotes, separated by commas.`,
    });
  if (tags === "*") return "*";
  return (header === "If-Match" ? tags : tags.map(withoutWeakness))
    .flatMap((tag) => /^"(0|[1-9]\d{0,14})"$/.exec(tag)?.[1] ?? [])
    .map(Number);
}

function writeCursor({ playlistId }: Playlist): string {
  return Buffer.from(playlistId).toString("base64url");
}

/** @throws BAD_REQUEST */
function readCursor(cursor: string): string {
  const bytes = Buffer.from(cursor, "base64url");
  if (cursor === "" || bytes.toString("base64url") !== cursor)
    throw createError("BAD_REQUEST", { reason: "Invalid cursor. Use the value of next from the previous page." });
  return bytes.toString();
}
