import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { currentRecommender } from "../current.ts";
import type { RouteDeps } from "../deps.ts";
import { problemResponses } from "../schemas/problem.ts";
import { serialiseBySchema } from "../serialise.ts";
import { similarQuerySchema, similarSchema, songParamsSchema, songSchema } from "../schemas/songs.ts";

export const songRoutes: FastifyPluginAsyncZod<RouteDeps> = async (app, deps) => {
  app.setSerializerCompiler(serialiseBySchema);

  app.get(
    "/v1/songs/:songId",
    {
      ...deps.answers.hooks,
      config: { access: "reader" },
      schema: {
        tags: ["songs"],
        operationId: "getSong",
        summary: "One song",
        params: songParamsSchema,
        response: { 200: songSchema, ...problemResponses(404, 503) },
      },
    },
    (request) => currentRecommender(deps).song(request.params.songId),
  );

  app.get(
    "/v1/songs/:songId/similar",
    {
      config: { access: "reader" },
      ...deps.answers.hooks,
      schema: {
        tags: ["songs"],
        operationId: "similarSongs",
        summary: "Songs like this one: the nearest input vectors by cosine",
        params: songParamsSchema,
        querystring: similarQuerySchema,
        response: { 200: similarSchema, ...problemResponses(404, 503) },
      },
    },
    async ({ params, query: { filter, ...options } }) => {
      const recommender = currentRecommender(deps);
      return deps.admitted(async () =>
        recommender.findSimilar(params.songId, {
          ...options,
          ...(filter && { passedOver: await recommender.filter(filter) }),
        }),
      );
    },
  );
};
