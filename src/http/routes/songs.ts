import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { RouteDeps } from "../deps.ts";
import { recommendersFor } from "../recommenders.ts";
import { problemResponses } from "../schemas/problem.ts";
import { sendWithEtag, toResponse } from "../response-cache.ts";
import { createSerializer } from "../serializer.ts";
import { similarQuerySchema, similarSchema, songParamsSchema, songSchema } from "../schemas/songs.ts";

const serializeSong = createSerializer(songSchema);
const serializeSimilar = createSerializer(similarSchema);

export const songRoutes: FastifyPluginAsyncZod<RouteDeps> = async (app, deps) => {
  app.get(
    "/v1/songs/:songId/similar",
    {
      config: { access: "reader", hasEtag: true },
      schema: {
        tags: ["songs"],
        operationId: "similarSongs",
        description: "Returns the songs with the nearest vectors, by cosine.",
        summary: "Find similar songs",
        params: songParamsSchema,
        querystring: similarQuerySchema,
        response: { 200: similarSchema, ...problemResponses(404, 409, 422, 503) },
      },
    },
    async (request, reply) => {
      const { params } = request;
      const { modelVersion, ...query } = request.query;
      const recommender = await recommendersFor(deps, request)(modelVersion);
      const response = await deps.cache.get(recommender, ["similar", params.songId, query], async () => {
        const { filter, ...options } = query;
        const similar = await deps.searchQueue.run(async () => {
          const filteredOut = filter && (await recommender.filter(filter));
          return recommender.similar(params.songId, { ...options, ...(filteredOut && { filteredOut }) });
        });
        return toResponse(serializeSimilar(similar));
      });
      return sendWithEtag(request, reply, response);
    },
  );

  app.get(
    "/v1/songs/:songId",
    {
      config: { access: "reader", hasEtag: true },
      schema: {
        tags: ["songs"],
        operationId: "getSong",
        summary: "Get a song",
        params: songParamsSchema,
        response: { 200: songSchema, ...problemResponses(404, 503) },
      },
    },
    async (request, reply) => {
      const song = deps.activeModel.get().song(request.params.songId);
      return sendWithEtag(request, reply, toResponse(serializeSong(song)));
    },
  );
};
