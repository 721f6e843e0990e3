import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { createAnswers } from '../answers.ts';
import { currentRecommender } from '../current.ts';
import type { RouteDeps } from '../deps.ts';
import { problemResponses } from '../schemas/problem.ts';
import { serialiseBySchema } from '../serialise.ts';
import { recommendationRequestSchema, recommendationsSchema, similarQuerySchema, similarSchema, songParamsSchema, songSchema } from '../schemas/songs.ts';

export const songRoutes: FastifyPluginAsyncZod<RouteDeps> = async (app, deps) => {
  const { inTurn, metrics } = deps;
  const byModelAndUrl = createAnswers(deps);
  app.setSerializerCompiler(serialiseBySchema);

  app.get(
    '/v1/songs/:songId',
    { ...byModelAndUrl, config: { access: 'reader' }, schema: { tags: ['songs'], operationId: 'getSong', summary: 'One song', params: songParamsSchema, response: { 200: songSchema, ...problemResponses(404, 503) } } },
    (request) => currentRecommender(deps).song(request.params.songId),
  );

  app.get(
    '/v1/songs/:songId/similar',
    {
      config: { access: 'reader' },
      ...byModelAndUrl,
      schema: {
        tags: ['songs'], operationId: 'similarSongs', summary: 'Songs like this one: the nearest input vectors by cosine',
        params: songParamsSchema, querystring: similarQuerySchema, response: { 200: similarSchema, ...problemResponses(404, 503) },
      },
    },
    (request) => currentRecommender(deps).findSimilar(request.params.songId, request.query),
  );

  app.post(
    '/v1/recommendations',
    {
      config: { access: 'reader' },
      schema: {
        tags: ['recommendations'], operationId: 'recommend', summary: 'Songs for a playlist',
        body: recommendationRequestSchema, response: { 200: recommendationsSchema, ...problemResponses(413, 415, 422, 503) },
      },
    },
    async (request) => {
      const recommender = currentRecommender(deps);
      const { songs, ...rest } = request.body;
      const weighted = songs.map((song) => (typeof song === 'string' ? { songId: song, weight: 1 } : song));
      const answer = await inTurn(() => recommender.recommend({ songs: weighted, ...rest }));
      metrics.recommended(answer, songs.length);
      return answer;
    },
  );
};
