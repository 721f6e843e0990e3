import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { refuseTooLarge } from "../../training/pipeline/fit.ts";
import { resolveHyperparameters } from "../../word2vec/hyperparameters.ts";
import type { AppDeps } from "../deps.ts";
import { jobParamsSchema } from "../schemas/training-jobs.ts";
import { problemResponses } from "../schemas/problem.ts";
import {
  tuningEventsSchema,
  tuningJobListSchema,
  tuningJobResponseSchema,
  tuningRequestSchema,
} from "../schemas/tuning-jobs.ts";
import { jobEventsRoute } from "./job-events.ts";

export const tuningJobRoutes: FastifyPluginAsyncZod<AppDeps> = async (
  app,
  { tuningQueue: queue, preset: defaultPreset, workers, activeModel },
) => {
  const tags = ["tuning jobs"];

  app.post(
    "/v1/tuning-jobs",
    {
      config: { access: "admin" },
      schema: {
        tags,
        operationId: "startTuning",
        summary: "Look for hyperparameters that recommend better than the preset, within some minutes",
        description:
          "Nothing that it trains serves. Its `answer.hyperparameters` are what `POST /v1/training-jobs` takes. Of training and tuning jobs one runs at a time.",
        body: tuningRequestSchema,
        response: { 202: tuningJobResponseSchema, ...problemResponses(413, 415, 422, 503, 507) },
      },
    },
    async (request, reply) => {
      const { preset = defaultPreset, hyperparameters: given, minutes, trials } = request.body;
      const base = resolveHyperparameters(preset, { workers, ...given });
      const active = activeModel.current();
      if (active) refuseTooLarge(active.model, base);
      const job = await queue.add({ preset, given, base, minutes, most: trials ?? null, seed: base.seed });
      void reply.code(202).header("location", `/v1/tuning-jobs/${job.jobId}`);
      return job;
    },
  );

  app.get(
    "/v1/tuning-jobs",
    {
      config: { access: "admin" },
      schema: {
        tags,
        operationId: "listTuningJobs",
        summary: "The tuning jobs, newest first",
        response: { 200: tuningJobListSchema, ...problemResponses() },
      },
    },
    () => ({ items: queue.list() }),
  );

  app.get(
    "/v1/tuning-jobs/:jobId",
    {
      config: { access: "admin" },
      schema: {
        tags,
        operationId: "getTuningJob",
        summary: "One tuning job, with its trials and its answer",
        params: jobParamsSchema,
        response: { 200: tuningJobResponseSchema, ...problemResponses(404) },
      },
    },
    (request) => queue.get(request.params.jobId),
  );

  app.delete(
    "/v1/tuning-jobs/:jobId",
    {
      config: { access: "admin" },
      schema: {
        tags,
        operationId: "cancelTuning",
        summary: "Cancel a tuning job that waits or runs",
        params: jobParamsSchema,
        response: { 200: tuningJobResponseSchema, ...problemResponses(404, 409) },
      },
    },
    (request) => queue.cancel(request.params.jobId),
  );

  jobEventsRoute(
    app,
    queue,
    "/v1/tuning-jobs/:jobId/events",
    {
      tags,
      operationId: "followTuning",
      summary: "What happens to a tuning job, as server-sent events",
      description:
        "First `job`, the job as it is; then `state`, `progress`, `trial` and `log` as they come; at last `end`, the job as it ended. With `Last-Event-ID` it goes on after that event, where it is still known.",
    },
    tuningEventsSchema,
  );
};
