import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { RouteDeps } from "../deps.ts";
import { recommend, recommendEach } from "../recommend.ts";
import { sendJson } from "../response-cache.ts";
import { problemResponses } from "../schemas/problem.ts";
import {
  batchRequestSchema,
  batchSchema,
  recommendationRequestSchema,
  recommendationsSchema,
} from "../schemas/recommendations.ts";

export const recommendationRoutes: FastifyPluginAsyncZod<RouteDeps> = async (app, deps) => {
  app.post(
    "/v1/recommendations",
    {
      config: { access: "reader" },
      schema: {
        tags: ["recommendations"],
        operationId: "recommend",
        summary: "Recommend songs for a playlist",
        body: recommendationRequestSchema,
        response: { 200: recommendationsSchema, ...problemResponses(413, 415, 422, 503) },
      },
    },
    async ({ body }, reply) => sendJson(reply, (await recommend(deps, deps.activeModel.get(), body)).body),
  );

  app.post(
    "/v1/recommendations/batch",
    {
      config: { access: "reader" },
      serializerCompiler: () => JSON.stringify,
      schema: {
        tags: ["recommendations"],
        operationId: "recommendForEach",
        description: "All results are from the same model version.",
        summary: "Recommend songs for several playlists",
        body: batchRequestSchema,
        response: { 200: batchSchema, ...problemResponses(413, 415, 503) },
      },
    },
    async ({ body }) => {
      const recommender = deps.activeModel.get();
      return { results: await deps.searchQueue.run(() => recommendEach(deps, recommender, body.requests)) };
    },
  );
};
