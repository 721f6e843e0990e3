import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { longRunning } from "../security/access.ts";
import type { AppDeps } from "../deps.ts";
import { comparisonParamsSchema, comparisonQuerySchema, modelComparisonSchema } from "../schemas/model-comparisons.ts";
import { problemResponses } from "../schemas/problem.ts";

export const modelComparisonRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { versions, comparisons }) => {
  app.get(
    "/v1/models/:version/compare/:other",
    {
      ...longRunning,
      schema: {
        tags: ["models"],
        operationId: "compareModels",
        summary: "Compare two model versions",
        description:
          "Compares the nearest songs of the most played songs, the vocabularies and the evaluations. Runs " +
          "in a child process: seconds for tens of thousands of songs, a minute for a million.",
        params: comparisonParamsSchema,
        querystring: comparisonQuerySchema,
        response: { 200: modelComparisonSchema, ...problemResponses(404, 409, 503) },
      },
    },
    async (request, reply) => {
      const disconnected = new AbortController();
      reply.raw.once("close", () => disconnected.abort());
      const [a, b] = [request.params.version, request.params.other];
      const [first, second] = [await versions.find(a), await versions.find(b)];
      return comparisons.compare(
        { version: a, ...first },
        { version: b, ...second },
        request.query,
        disconnected.signal,
      );
    },
  );
};
