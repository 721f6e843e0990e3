import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import type { RouteDeps } from "../deps.ts";
import { recommend, recommendEach } from "../recommend.ts";
import { recommendersFor } from "../recommenders.ts";
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
        response: { 200: recommendationsSchema, ...problemResponses(404, 409, 413, 415, 422, 503) },
      },
    },
    async (request, reply) =>
      sendJson(reply, (await recommend(deps, recommendersFor(deps, request), request.body)).body),
  );

  app.post(
    "/v1/recommendations/batch",
    {
      config: { access: "reader" },
      serializerCompiler: () => JSON.stringify,
      schema: {
        tags: ["recommendations"],
        operationId: "recommendForEach",
        description: "All results are from the same model version, except those of requests with `modelVersion`.",
        summary: "Recommend songs for several playlists",
        body: batchRequestSchema,
        response: { 200: batchSchema, ...problemResponses(413, 415, 503) },
      },
    },
    async (request) => {
      const recommenderOf = recommendersFor(deps, request);
      const { requests } = request.body;
      return { results: await deps.searchQueue.run(() => recommendEach(deps, recommenderOf, requests)) };
    },
  );
};
