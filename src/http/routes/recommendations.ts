import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { currentRecommender } from '../current.ts';
import type { RouteDeps } from '../deps.ts';
import { recommend } from '../recommend.ts';
import { problemResponses } from '../schemas/problem.ts';
import { recommendationRequestSchema, recommendationsSchema } from '../schemas/recommendations.ts';
import { serialiseBySchema } from '../serialise.ts';

export const recommendationRoutes: FastifyPluginAsyncZod<RouteDeps> = async (app, deps) => {
  app.setSerializerCompiler(serialiseBySchema);

  app.post(
    '/v1/recommendations',
    {
      config: { access: 'reader' },
      schema: {
        tags: ['recommendations'], operationId: 'recommend', summary: 'Songs for a playlist',
        body: recommendationRequestSchema, response: { 200: recommendationsSchema, ...problemResponses(413, 415, 422, 503) },
      },
    },
    (request) => recommend(deps, currentRecommender(deps), request.body),
  );
};
