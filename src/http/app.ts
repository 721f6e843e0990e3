import cors from "@fastify/cors";
import Fastify, { type FastifyInstance, LogController } from "fastify";
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { createTurns } from "../recommend/turns.ts";
import { requireAccess } from "./access.ts";
import { createAdmission, holdRefusals } from "./admission.ts";
import { type Ledger, registerLedger } from "./answered.ts";
import { createAnswers } from "./answers.ts";
import { registerAuth } from "./auth.ts";
import { type AppDeps, openGuard } from "./deps.ts";
import { createFastLane, type FastLane } from "./fast-lane.ts";
import { limitJson } from "./json.ts";
import { serverWithLane } from "./lane-server.ts";
import { limitBodies, serverLimits } from "./limits.ts";
import { createAnswerLog, registerRequestIds, requestIds } from "./log.ts";
import { createModelCache } from "./model-cache.ts";
import { createAnswerCount, createMetrics } from "./metrics.ts";
import { registerOpenApi } from "./openapi.ts";
import { registerPressure } from "./pressure.ts";
import { answerBrokenRequest, answerError, registerProblems } from "./problem.ts";
import { registerSecurityHeaders } from "./security-headers.ts";
import { healthRoutes } from "./routes/health.ts";
import { modelComparisonRoutes } from "./routes/model-comparisons.ts";
import { modelExportRoutes } from "./routes/model-exports.ts";
import { modelRoutes } from "./routes/models.ts";
import { pathRoutes } from "./routes/paths.ts";
import { playlistCheckRoutes } from "./routes/playlist-checks.ts";
import { songVectorRoutes } from "./routes/song-vectors.ts";
import { songSearchRoutes } from "./routes/song-search.ts";
import { recommendationRoutes } from "./routes/recommendations.ts";
import { playlistRoutes } from "./routes/playlists.ts";
import { songRoutes } from "./routes/songs.ts";
import { statusRoutes } from "./routes/status.ts";
import { trainingJobRoutes } from "./routes/training-jobs.ts";
import { tuningJobRoutes } from "./routes/tuning-jobs.ts";

/** Ids of 1,000 characters, each up to 12 when encoded, fit into a path. */
const longestParam = 16_384;

/** Milliseconds of this thread that all questions under way may take. */
const longestWait = 250;
/** Questions that may be under way whatever they take. */
const fewest = 64;

/** The whole service over HTTP; it listens to nothing yet. */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const guard = { ...openGuard, ...deps.guard };
  const metrics = createMetrics(deps);
  const answers = createAnswers(deps);
  const routeDeps = {
    ...deps,
    metrics,
    answers,
    admitted: createAdmission({ longestWait, fewest }),
    inTurn: createTurns({ onTurn: metrics.searched }),
    recommended: createModelCache(deps.recommender, "utf8"),
  };
  const limits = serverLimits(guard.requestSeconds);
  const nextId = requestIds();
  const ledger = ledgerOf(createAnswerLog(deps.logger), createAnswerCount(metrics));
  let lane: FastLane = () => false;
  const app = Fastify({
    ...limits,
    serverFactory: (listener) => serverWithLane(() => lane, listener, limits),
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: nextId,
    trustProxy: guard.trustedProxies.length > 0 && [...guard.trustedProxies],
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => void answerError(error, request, reply),
    routerOptions: { maxParamLength: longestParam },
  });
  app.addHook("onClose", () => deps.closeStore());
  registerProblems(app);
  holdRefusals(app);
  registerRequestIds(app);
  registerLedger(app, ledger);
  limitBodies(app, guard.requestSeconds);
  limitJson(app);
  if (deps.stopping) closeConnections(app, deps.stopping);
  await registerSecurityHeaders(app);
  if (guard.corsOrigins.length > 0)
    await app.register(cors, { origin: [...guard.corsOrigins], methods: ["GET", "HEAD", "POST", "PUT", "DELETE"] });
  await registerPressure(app, guard.longestDelay);
  const admit = await registerAuth(app, guard);
  requireAccess(app);
  await registerOpenApi(app, deps.version);
  await app.register(async (scope) => {
    const api = scope.withTypeProvider<ZodTypeProvider>();
    api.setValidatorCompiler(validatorCompiler);
    api.setSerializerCompiler(serializerCompiler);
    await api.register(healthRoutes, deps);
    await api.register(statusRoutes, routeDeps);
    await api.register(songRoutes, routeDeps);
    await api.register(recommendationRoutes, routeDeps);
    await api.register(songSearchRoutes, deps);
    await api.register(pathRoutes, routeDeps);
    await api.register(songVectorRoutes, deps);
    await api.register(playlistCheckRoutes, routeDeps);
    await api.register(playlistRoutes, routeDeps);
    await api.register(trainingJobRoutes, deps);
    await api.register(tuningJobRoutes, deps);
    await api.register(modelRoutes, deps);
    await api.register(modelExportRoutes, deps);
    await api.register(modelComparisonRoutes, deps);
  });
  lane = createFastLane({
    answers,
    admit,
    nextId,
    ledger,
    count: metrics.recommended,
    isClosed: () => app.isUnderPressure() || deps.stopping?.() === true,
    keepAliveTimeout: limits.keepAliveTimeout,
  });
  return app;
}

/** Ends each connection with its next answer while the server is about to stop, so that none is cut. */
function closeConnections(app: FastifyInstance, stopping: () => boolean): void {
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (stopping()) void reply.header("connection", "close");
    done(null, payload);
  });
}

function ledgerOf(...ledgers: readonly Ledger[]): Ledger {
  return (answered) => {
    for (const write of ledgers) write(answered);
  };
}
