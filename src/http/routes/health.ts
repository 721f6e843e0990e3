import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { createError } from "../../errors.ts";
import type { AppDeps } from "../deps.ts";
import { liveSchema, readySchema, startedSchema } from "../schemas/health.ts";
import { problemResponses } from "../schemas/problem.ts";

export const healthRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, deps) => {
  const config = { access: "open" } as const;
  const tags = ["health"];

  app.get(
    "/health/live",
    {
      config,
      schema: {
        tags,
        operationId: "live",
        summary: "Check that the process is running",
        response: { 200: liveSchema, ...problemResponses() },
      },
    },
    () => ({ status: "live" as const }),
  );

  app.get(
    "/health/startup",
    {
      config,
      schema: {
        tags,
        operationId: "startup",
        summary: "Check that a model has been loaded once",
        response: { 200: startedSchema, ...problemResponses(503) },
      },
    },
    () => {
      deps.activeModel.get();
      return { status: "started" as const };
    },
  );

  app.get(
    "/health/ready",
    {
      config,
      schema: {
        tags,
        operationId: "ready",
        summary: "Check that the service accepts requests",
        response: { 200: readySchema, ...problemResponses(503) },
      },
    },
    () => {
      if (deps.stopping?.()) throw createError("STOPPING");
      return { status: "ready" as const, modelVersion: deps.activeModel.get().model.version };
    },
  );
};
