import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { resolveHyperparameters } from '../../word2vec/hyperparameters.ts';
import type { AppDeps } from '../deps.ts';
import { problemResponses } from '../schemas/problem.ts';
import { jobListSchema, jobParamsSchema, jobSchema, trainingRequestSchema } from '../schemas/training-jobs.ts';

export const trainingJobRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { queue, preset: defaultPreset, workers }) => {
  const tags = ['training jobs'];

  app.post(
    '/v1/training-jobs',
    {
      schema: {
        tags, operationId: 'startTraining', summary: 'Read the playlists anew, train, and serve what comes of it',
        body: trainingRequestSchema, response: { 202: jobSchema, ...problemResponses(413, 415, 503) },
      },
    },
    (request, reply) => {
      const { preset = defaultPreset, hyperparameters } = request.body;
      const job = queue.add(preset, resolveHyperparameters(preset, { workers, ...hyperparameters }));
      void reply.code(202).header('location', `/v1/training-jobs/${job.jobId}`);
      return job;
    },
  );

  app.get('/v1/training-jobs', { schema: { tags, operationId: 'listTrainingJobs', summary: 'The training jobs, newest first', response: { 200: jobListSchema, ...problemResponses() } } }, () => ({ items: queue.list() }));

  app.get(
    '/v1/training-jobs/:jobId',
    { schema: { tags, operationId: 'getTrainingJob', summary: 'One training job, with its progress and its loss by epoch', params: jobParamsSchema, response: { 200: jobSchema, ...problemResponses(404) } } },
    (request) => queue.get(request.params.jobId),
  );

  app.delete(
    '/v1/training-jobs/:jobId',
    { schema: { tags, operationId: 'cancelTraining', summary: 'Cancel a training job that waits or runs', params: jobParamsSchema, response: { 200: jobSchema, ...problemResponses(404, 409) } } },
    (request) => queue.cancel(request.params.jobId),
  );
};
