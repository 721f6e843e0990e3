import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { currentRecommender } from '../current.ts';
import type { AppDeps } from '../deps.ts';
import { liveSchema, readySchema } from '../schemas/health.ts';
import { problemResponses } from '../schemas/problem.ts';

export const healthRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, deps) => {
  app.get('/health/live', { schema: { tags: ['health'], operationId: 'live', summary: 'The process answers', response: { 200: liveSchema, ...problemResponses() } } }, () => ({ status: 'live' as const }));

  app.get(
    '/health/ready',
    { schema: { tags: ['health'], operationId: 'ready', summary: 'A model is loaded', response: { 200: readySchema, ...problemResponses(503) } } },
    () => ({ status: 'ready' as const, modelVersion: currentRecommender(deps).model.version }),
  );
};
