import Fastify, { type FastifyInstance, LogController } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AppDeps } from './deps.ts';
import { registerOpenApi } from './openapi.ts';
import { answerError, registerProblems } from './problem.ts';
import { healthRoutes } from './routes/health.ts';
import { modelComparisonRoutes } from './routes/model-comparisons.ts';
import { modelExportRoutes } from './routes/model-exports.ts';
import { modelRoutes } from './routes/models.ts';
import { songSearchRoutes } from './routes/song-search.ts';
import { playlistRoutes } from './routes/playlists.ts';
import { songRoutes } from './routes/songs.ts';
import { trainingJobRoutes } from './routes/training-jobs.ts';

/** Ids of 1,000 characters, each up to 12 when encoded, fit into a path. */
const longestParam = 16_384;

/** The whole service over HTTP; it listens to nothing yet. */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 2 ** 20,
    requestTimeout: 3_600_000,
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    routerOptions: { maxParamLength: longestParam },
  });
  registerProblems(app);
  app.addHook('onResponse', (request, reply, done) => {
    request.log.info({ method: request.method, route: request.routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime * 10) / 10 }, 'answered');
    done();
  });
  await registerOpenApi(app, deps.version);
  await app.register(async (scope) => {
    const api = scope.withTypeProvider<ZodTypeProvider>();
    api.setValidatorCompiler(validatorCompiler);
    api.setSerializerCompiler(serializerCompiler);
    await api.register(healthRoutes, deps);
    await api.register(songRoutes, deps);
    await api.register(songSearchRoutes, deps);
    await api.register(playlistRoutes, deps);
    await api.register(trainingJobRoutes, deps);
    await api.register(modelRoutes, deps);
    await api.register(modelExportRoutes, deps);
    await api.register(modelComparisonRoutes, deps);
  });
  return app;
}
