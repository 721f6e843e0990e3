import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { laborious } from "../security/access.ts";
import type { AppDeps } from "../deps.ts";
import { comparisonParamsSchema, comparisonQuerySchema, modelComparisonSchema } from "../schemas/model-comparisons.ts";
import { problemResponses } from "../schemas/problem.ts";

export const modelComparisonRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { versions, comparisons }) => {
  app.get(
    "/v1/models/:version/compare/:other",
    {
      ...laborious,
      schema: {
        tags: ["models"],
        operationId: "compareModels",
        summary: "What changed from one model version to another: nearest songs, songs gained and lost, figures",
        description:
          "Every song is compared with the songs looked at, in a process of its own: seconds for tens of thousands of songs, a minute for a million.",
        params: comparisonParamsSchema,
        querystring: comparisonQuerySchema,
        response: { 200: modelComparisonSchema, ...problemResponses(404, 409, 503) },
      },
    },
    async (request, reply) => {
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const [a, b] = [request.params.version, request.params.other];
      const [first, second] = [await versions.find(a), await versions.find(b)];
      return comparisons.compare({ version: a, ...first }, { version: b, ...second }, request.query, gone.signal);
    },
  );
};
