import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { assertTrainingFits } from "../../training/pipeline/size-check.ts";
import type { AppDeps } from "../deps.ts";
import { problemResponses } from "../schemas/problem.ts";
import {
  tuningEventsSchema,
  tuningJobListSchema,
  tuningJobResponseSchema,
  tuningRequestSchema,
} from "../schemas/tuning-jobs.ts";
import { jobRoutes } from "./job-routes.ts";

export const tuningJobRoutes: FastifyPluginAsyncZod<AppDeps> = async (
  app,
  { tuningQueue: queue, resolveRequest, activeModel },
) => {
  const tags = ["tuning jobs"];
  const url = "/v1/tuning-jobs";

  app.post(
    url,
    {
      config: { access: "admin" },
      schema: {
        tags,
        operationId: "startTuning",
        summary: "Start a tuning job",
        description:
          "Searches for hyperparameters that recommend better than the preset. No model version is " +
          "published. `answer.hyperparameters` of the ended job is the input for `POST /v1/training-jobs`. " +
          "One training or tuning job runs at a time.",
        body: tuningRequestSchema,
        response: { 202: tuningJobResponseSchema, ...problemResponses(413, 415, 422, 503, 507) },
      },
    },
    async (request, reply) => {
      const { minutes, trials } = request.body;
      const requested = resolveRequest(request.body.preset, request.body.hyperparameters);
      const { preset, given, hyperparameters: base } = requested;
      const active = activeModel.current();
      if (active) assertTrainingFits(active.model, base);
      const job = await queue.add({ preset, given, base, minutes, most: trials ?? null, seed: base.seed });
      void reply.code(202).header("location", `${url}/${job.jobId}`);
      return job;
    },
  );

  jobRoutes(app, {
    queue,
    url,
    tags,
    list: ["listTuningJobs", "List the tuning jobs"],
    get: ["getTuningJob", "Get a tuning job"],
    cancel: ["cancelTuning", "Cancel a tuning job"],
    follow: ["followTuning", "Stream the events of a tuning job"],
    ownEvent: "trial",
    schemas: { list: tuningJobListSchema, job: tuningJobResponseSchema, events: tuningEventsSchema },
  });
};
