import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import type { AppDeps } from '../deps.ts';
import { modelListSchema } from '../schemas/models.ts';
import { problemResponses } from '../schemas/problem.ts';

export const modelRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { models }) => {
  app.get('/v1/models', { schema: { tags: ['models'], operationId: 'listModels', summary: 'The model versions', response: { 200: modelListSchema, ...problemResponses() } } }, async () => ({ items: await models() }));
};
