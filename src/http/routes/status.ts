import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { jobStates } from "../../training/jobs/job-kind.ts";
import type { RouteDeps } from "../deps.ts";
import { ageOf } from "../observability/metrics.ts";
import { problemResponses } from "../schemas/problem.ts";
import { metricsSchema, statusSchema } from "../schemas/status.ts";

export const statusRoutes: FastifyPluginAsyncZod<RouteDeps> = async (app, deps) => {
  const { version, activeModel, queue, stopping, metrics } = deps;
  const tags = ["status"];

  app.get(
    "/v1/status",
    {
      config: { access: "reader" },
      schema: {
        tags,
        operationId: "status",
        summary: "Get the state of the service",
        response: { 200: statusSchema, ...problemResponses() },
      },
    },
    ({ apiKey }) => {
      const model = activeModel.current()?.model;
      const jobs = queue.list();
      const running = jobs.find(({ state }) => state === "running");
      const { rss, heapUsed } = process.memoryUsage();
      return {
        version,
        role: apiKey?.role ?? ("admin" as const),
        state: stopping?.() ? ("stopping" as const) : model ? ("ready" as const) : ("waiting for a model" as const),
        upSeconds: Math.round(process.uptime()),
        model: model
          ? {
              version: model.version,
              createdAt: model.manifest.createdAt,
              ageSeconds: ageOf(model.manifest.createdAt),
              songs: model.songs.length,
              vectorSize: model.vectorSize,
              sample: model.manifest.sample,
            }
          : null,
        responses: metrics.responses,
        trainingJobs: Object.fromEntries(
          jobStates.map((state) => [state, jobs.filter((job) => job.state === state).length]),
        ),
        training: running
          ? {
              jobId: running.jobId,
              ...running.progress,
              epochs: running.epochs.length,
              loss: running.epochs.at(-1)?.loss ?? null,
              songsPerSecond: running.epochs.at(-1)?.songsPerSecond ?? null,
            }
          : null,
        memoryMB: { process: megabytes(rss), objects: megabytes(heapUsed) },
      };
    },
  );

  app.get(
    "/metrics",
    {
      config: { access: "reader" },
      schema: {
        tags,
        operationId: "metrics",
        summary: "Get metrics for Prometheus",
        response: { 200: metricsSchema, ...problemResponses() },
      },
    },
    async (_request, reply) => {
      const text = await metrics.registry.metrics();
      void reply.header("content-type", metrics.registry.contentType).serializer((payload: string) => payload);
      return text;
    },
  );
};

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
