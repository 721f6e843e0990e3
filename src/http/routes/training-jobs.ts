import { createHash } from "node:crypto";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { assertTrainingFits } from "../../training/pipeline/size-check.ts";
import { findWarmStart } from "../../training/process/supervisor.ts";
import { type Hyperparameters, presetNames } from "../../word2vec/hyperparameters.ts";
import type { AppDeps } from "../deps.ts";
import { presetListSchema } from "../schemas/presets.ts";
import { problemResponses } from "../schemas/problem.ts";
import {
  idempotencySchema,
  jobEventsSchema,
  jobListSchema,
  jobSchema,
  trainingRequestSchema,
} from "../schemas/training-jobs.ts";
import { jobRoutes } from "./job-routes.ts";

export const trainingJobRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, deps) => {
  const { queue } = deps;
  const tags = ["training jobs"];
  const url = "/v1/training-jobs";

  /** @throws MODEL_NOT_READY without an active version, MODEL_NOT_FOUND, MODEL_DAMAGED, WARM_START_MISMATCH */
  async function findStart(warmStart: boolean | number, { vectorSize }: Hyperparameters): Promise<number | null> {
    if (warmStart === false) return null;
    const version = warmStart === true ? deps.activeModel.get().model.version : warmStart;
    await findWarmStart(deps.versions, version, vectorSize);
    return version;
  }

  app.post(
    url,
    {
      config: { access: "admin", optionalBody: true },
      schema: {
        tags,
        operationId: "startTraining",
        description:
          "Reads the playlists and trains a new model version. `activate` controls when the version becomes active. " +
          "Follow the job with `GET /v1/training-jobs/{jobId}`; its path is in the header `Location`.",
        summary: "Start a training job",
        headers: idempotencySchema,
        body: trainingRequestSchema,
        response: { 202: jobSchema, ...problemResponses(404, 413, 415, 422, 503, 507) },
      },
    },
    async (request, reply) => {
      const { warmStart, activate, deadlineSeconds = deps.trainingDeadline } = request.body;
      const { preset, hyperparameters } = deps.resolveRequest(request.body.preset, request.body.hyperparameters);
      const active = deps.activeModel.current();
      if (active) assertTrainingFits(active.model, hyperparameters);
      const idempotencyKey = request.headers["idempotency-key"] ?? null;
      const fingerprint =
        idempotencyKey === null ? null : createHash("sha256").update(JSON.stringify(request.body)).digest("hex");
      const jobRequest = {
        preset,
        hyperparameters,
        warmStart: await findStart(warmStart, hyperparameters),
        activate,
        deadlineSeconds,
        trigger: "request" as const,
      };
      const job = await queue.add(jobRequest, { idempotencyKey, fingerprint });
      void reply.code(202).header("location", `${url}/${job.jobId}`);
      return job;
    },
  );

  app.get(
    "/v1/presets",
    {
      config: { access: "reader" },
      schema: {
        tags,
        operationId: "listPresets",
        summary: "List the presets of hyperparameters",
        response: { 200: presetListSchema, ...problemResponses() },
      },
    },
    () => ({
      default: deps.resolveRequest(undefined, {}),
      items: presetNames.map((preset) => deps.resolveRequest(preset, {})),
    }),
  );

  jobRoutes(app, {
    queue,
    url,
    tags,
    list: ["listTrainingJobs", "List the training jobs"],
    get: ["getTrainingJob", "Get a training job"],
    cancel: ["cancelTraining", "Cancel a training job"],
    follow: ["followTraining", "Stream the events of a training job"],
    ownEvent: "epoch",
    schemas: { list: jobListSchema, job: jobSchema, events: jobEventsSchema },
  });
};
