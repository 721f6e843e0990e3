import { getHeapStatistics } from "node:v8";
import cors, { type FastifyCorsOptionsDelegateCallback } from "@fastify/cors";
import helmet from "@fastify/helmet";
import underPressure from "@fastify/under-pressure";
import Fastify, { type FastifyInstance, LogController } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { createError } from "../errors.ts";
import { requireAccess } from "./security/access.ts";
import { registerAuth } from "./security/auth.ts";
import { trustNetworks } from "./security/client-address.ts";
import { requireHost } from "./security/host.ts";
import { acceptBasePath, addBasePath } from "./base-path.ts";
import { type AppDeps, openGuard, type RouteDeps } from "./deps.ts";
import { registerConsole } from "./console.ts";
import { collectMethods } from "./methods.ts";
import { parseBodies } from "./security/json.ts";
import { limitBodies, serverLimits } from "./security/limits.ts";
import { createMetrics } from "./observability/metrics.ts";
import { registerOpenApi } from "./openapi.ts";
import { handleClientError, handleUnroutable } from "./client-errors.ts";
import { registerProblems, routeMalformedUrl } from "./problem.ts";
import { addRequestLog, createRequestIds } from "./observability/request-log.ts";
import { createResponseCache } from "./response-cache.ts";
import { healthRoutes } from "./routes/health.ts";
import { modelComparisonRoutes } from "./routes/model-comparisons.ts";
import { modelExportRoutes } from "./routes/model-exports.ts";
import { modelRoutes } from "./routes/models.ts";
import { pathRoutes } from "./routes/paths.ts";
import { playlistCheckRoutes } from "./routes/playlist-checks.ts";
import { playlistRoutes } from "./routes/playlists.ts";
import { recommendationRoutes } from "./routes/recommendations.ts";
import { songSearchRoutes } from "./routes/song-search.ts";
import { songVectorRoutes } from "./routes/song-vectors.ts";
import { songRoutes } from "./routes/songs.ts";
import { statusRoutes } from "./routes/status.ts";
import { trainingJobRoutes } from "./routes/training-jobs.ts";
import { tuningJobRoutes } from "./routes/tuning-jobs.ts";
import { createSearchQueue } from "./search-queue.ts";

/** Concurrent searches share scans of the vectors. As many again may wait. */
const searchLimits = { concurrency: 64, maxWaiting: 64 };

/** Builds the HTTP application. It does not listen. */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const guard = { ...openGuard, ...deps.guard };
  const { basePath = "" } = deps;
  const metrics = createMetrics(deps);
  const app = Fastify({
    ...serverLimits(guard.requestSeconds),
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: createRequestIds(),
    childLoggerFactory: (logger) => logger, // a child logger per request costs as much as a log line
    trustProxy: guard.trustedProxies.length > 0 && trustNetworks(guard.trustedProxies),
    ...acceptBasePath(basePath),
    clientErrorHandler: handleClientError,
    frameworkErrors: routeMalformedUrl,
    // A song id has up to 1,000 characters, each up to 12 bytes when percent-encoded.
    routerOptions: { maxParamLength: 16_384 },
  });
  app.addHook("onClose", () => deps.closeStore());
  handleUnroutable(app);
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (deps.stopping?.()) void reply.header("connection", "close");
    done(null, payload);
  });
  addBasePath(app, basePath);
  const refuseOtherMethods = collectMethods(app);
  registerProblems(app);
  addRequestLog(app, metrics);
  if (guard.corsOrigins.length > 0) await app.register(cors, { delegator: corsOptions(guard.corsOrigins) });
  requireHost(app);
  limitBodies(app, guard.requestSeconds);
  parseBodies(app);

  const contentSecurityPolicy = { directives: { "upgrade-insecure-requests": null } }; // served over plain HTTP
  await app.register(helmet, { contentSecurityPolicy, strictTransportSecurity: false });
  await app.register(underPressure, {
    maxEventLoopDelay: guard.longestDelay,
    maxHeapUsedBytes: 0.9 * getHeapStatistics().heap_size_limit,
    pressureHandler: async ({ routeOptions }, _reply, _type, value) => {
      const isMeasured = Number.isFinite(value); // one long block of the event loop leaves no sample
      if (isMeasured && routeOptions.config.access !== "open") throw createError("OVERLOADED");
    },
  });
  await registerAuth(app, guard);
  requireAccess(app);
  await registerOpenApi(app, deps.version, basePath);
  await registerConsole(app, basePath);

  const routeDeps: RouteDeps = {
    ...deps,
    metrics,
    cache: createResponseCache(),
    searchQueue: createSearchQueue({ ...searchLimits, onSearch: metrics.recordSearch }),
  };
  await app.register(async (scope) => {
    const api = scope.withTypeProvider<ZodTypeProvider>();
    api.setValidatorCompiler(validatorCompiler);
    api.setSerializerCompiler(serializerCompiler);
    const songs = [recommendationRoutes, songRoutes, songSearchRoutes, pathRoutes, songVectorRoutes];
    const playlists = [playlistRoutes, playlistCheckRoutes];
    const models = [trainingJobRoutes, tuningJobRoutes, modelRoutes, modelExportRoutes, modelComparisonRoutes];
    for (const routes of [...songs, ...playlists, ...models, statusRoutes, healthRoutes])
      await api.register(routes, routeDeps);
  });
  refuseOtherMethods();
  return app;
}

/** Headers that a web page may read. */
const exposedHeaders = ["etag", "location", "retry-after", "x-request-id", "content-disposition", "allow"];

/** The CORS options of a request. An OPTIONS request that is not a preflight request is routed like any other. */
function corsOptions(origins: readonly string[]): FastifyCorsOptionsDelegateCallback {
  const options = { origin: [...origins], methods: ["GET", "HEAD", "POST", "PUT", "DELETE"], exposedHeaders };
  return ({ headers: { origin, "access-control-request-method": method } }, done) =>
    done(null, { ...options, maxAge: 7200, preflight: origin !== undefined && method !== undefined });
}
