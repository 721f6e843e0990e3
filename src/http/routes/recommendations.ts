import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { currentRecommender } from "../current.ts";
import type { RouteDeps } from "../deps.ts";
import { recommend, recommendEach } from "../recommend.ts";
import { problemResponses } from "../schemas/problem.ts";
import {
  batchRequestSchema,
  batchSchema,
  recommendationRequestSchema,
  recommendationsSchema,
} from "../schemas/recommendations.ts";
import { serialiseBySchema } from "../serialise.ts";

export const recommendationRoutes: FastifyPluginAsyncZod<RouteDeps> = async (app, deps) => {
  app.setSerializerCompiler(serialiseBySchema);

  app.post(
    "/v1/recommendations",
    {
      config: { access: "reader" },
      onSend: deps.answers.bodied.onSend,
      schema: {
        tags: ["recommendations"],
        operationId: "recommend",
        summary: "Songs for a playlist",
        body: recommendationRequestSchema,
        response: { 200: recommendationsSchema, ...problemResponses(413, 415, 422, 503) },
      },
    },
    async (request) => {
      const recommender = currentRecommender(deps);
      const { stamp } = recommender;
      const { answer, isKnown, tally } = await recommend(deps, recommender, request.body);
      if (isKnown) deps.answers.bodied.mayKeep(request, { recommender, stamp, tally }); // most are asked for once
      return answer;
    },
  );

  app.post(
    "/v1/recommendations/batch",
    {
      config: { access: "reader" },
      serializerCompiler: () => JSON.stringify,
      schema: {
        tags: ["recommendations"],
        operationId: "recommendForEach",
        summary: "Songs for many playlists, all by one model",
        body: batchRequestSchema,
        response: { 200: batchSchema, ...problemResponses(413, 415, 503) },
      },
    },
    async ({ body }) => ({ results: await recommendEach(deps, currentRecommender(deps), body.requests) }),
  );
};
