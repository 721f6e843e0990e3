import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { pathBetween } from "../../recommend/path.ts";
import { currentRecommender } from "../current.ts";
import type { RouteDeps } from "../deps.ts";
import { pathParamsSchema, pathQuerySchema, pathSchema } from "../schemas/paths.ts";
import { problemResponses } from "../schemas/problem.ts";

export const pathRoutes: FastifyPluginAsyncZod<RouteDeps> = async (app, deps) => {
  app.get(
    "/v1/songs/:songId/path/:otherId",
    {
      ...deps.answers.hooks,
      config: { access: "reader" },
      schema: {
        tags: ["songs"],
        operationId: "findPath",
        summary: "A way from one song to another on which each song is like the one before",
        params: pathParamsSchema,
        querystring: pathQuerySchema,
        response: { 200: pathSchema, ...problemResponses(404, 503) },
      },
    },
    ({ params: { songId, otherId }, query: { length } }) => {
      const { search, newcomers } = currentRecommender(deps);
      return pathBetween(search, newcomers(), songId, otherId, length);
    },
  );
};
