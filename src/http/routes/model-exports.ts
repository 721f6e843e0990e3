import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { createError } from "../../errors.ts";
import { exportFormats, exportModel } from "../../model/interchange/export.ts";
import { longRunning } from "../security/access.ts";
import type { AppDeps } from "../deps.ts";
import { withReadTimeout } from "../read-timeout.ts";
import { exportedSchema, exportParamsSchema, exportQuerySchema } from "../schemas/model-exports.ts";
import { problemResponses } from "../schemas/problem.ts";

/** Concurrent exports: each uses time of the event loop. */
const maxConcurrent = 8;
/** Milliseconds without a read after which the client counts as disconnected. */
const readTimeout = 60_000;

const content = Object.fromEntries(
  [...new Set(Object.values(exportFormats).map(({ mediaType }) => mediaType.split(";")[0] ?? ""))].map((mediaType) => [
    mediaType,
    { schema: exportedSchema },
  ]),
);

export const modelExportRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { versions }) => {
  let running = 0;

  app.get(
    "/v1/models/:version/export",
    {
      ...longRunning,
      schema: {
        tags: ["models"],
        operationId: "exportModel",
        summary: "Export the vectors of a model version",
        description:
          "The response is a stream. If the version proves to be corrupt, the connection is closed before " +
          "the end of the body.",
        params: exportParamsSchema,
        querystring: exportQuerySchema,
        response: { 200: { description: "The exported file", content }, ...problemResponses(404, 422, 503) },
      },
    },
    async (request, reply) => {
      const { version } = request.params;
      const { format } = request.query;
      const { folder, manifest } = await versions.find(version);
      const bytes = exportModel(folder, manifest, request.query);
      if (running >= maxConcurrent) throw createError("TOO_MANY_EXPORTS", { limit: maxConcurrent });
      const { file, mediaType } = exportFormats[format];
      void reply
        .header("content-type", mediaType)
        .header("content-disposition", `attachment; filename="model-${version}-${file}"`);
      const stream = withReadTimeout(bytes, readTimeout);
      stream.once("error", (error) =>
        request.log.error({ reqId: request.id, err: error, modelVersion: version }, "export failed"),
      );
      running += 1;
      stream.once("close", () => (running -= 1));
      return reply.send(stream);
    },
  );
};
