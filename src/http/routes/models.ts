import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { createError } from "../../errors.ts";
import { evaluationSchema } from "../../evaluate/evaluation.ts";
import type { Version } from "../../model/format/versions.ts";
import type { AppDeps } from "../deps.ts";
import {
  deleteModelParamsSchema,
  type ModelDetails,
  modelDetailsSchema,
  modelListSchema,
  modelParamsSchema,
  modelVersionSchema,
} from "../schemas/models.ts";
import { problemResponses } from "../schemas/problem.ts";

export const modelRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, { activeModel, versions, retention }) => {
  const tags = ["models"];

  const list = async () => (await versions.list()).map((version) => describe(version, activeModel.version()));

  async function find(number: number): Promise<ModelDetails> {
    const found = (await list()).find(({ version }) => version === number);
    if (!found) throw createError("MODEL_NOT_FOUND", { version: String(number) });
    return found;
  }

  app.get(
    "/v1/models",
    {
      config: { access: "reader" },
      schema: {
        tags,
        operationId: "listModels",
        summary: "List the model versions",
        response: { 200: modelListSchema, ...problemResponses() },
      },
    },
    async () => ({ items: await list() }),
  );

  app.get(
    "/v1/models/:version",
    {
      config: { access: "reader" },
      schema: {
        tags,
        operationId: "getModel",
        summary: "Get a model version",
        params: modelParamsSchema,
        response: { 200: modelDetailsSchema, ...problemResponses(404) },
      },
    },
    (request) => find(request.params.version),
  );

  app.post(
    "/v1/models/:version/activate",
    {
      config: { access: "admin" },
      schema: {
        tags,
        operationId: "activateModel",
        description: "Serves this version from now on, also after a restart. Use it to roll back or forward.",
        summary: "Activate a model version",
        params: modelParamsSchema,
        response: { 200: modelVersionSchema, ...problemResponses(404, 503, 507) },
      },
    },
    async (request) => {
      await activeModel.activate(request.params.version);
      return find(request.params.version);
    },
  );

  app.delete(
    "/v1/models/:version",
    {
      config: { access: "admin" },
      schema: {
        tags,
        operationId: "deleteModel",
        description: "The active version cannot be deleted.",
        summary: "Delete a model version",
        params: deleteModelParamsSchema,
        response: { 204: z.null().describe("Deleted"), ...problemResponses(404, 409) },
      },
    },
    async (request, reply) => {
      await retention.remove(request.params.version);
      return reply.code(204).send(null);
    },
  );
};

/** Fields that are unknown for a corrupt version. */
const unknownFields = {
  createdAt: null,
  songs: null,
  plays: null,
  vectorSize: null,
  kernel: null,
  lossByEpoch: [],
  validationByEpoch: [],
  bestEpoch: null,
  warmStart: null,
  index: null,
  trainedBy: null,
  sample: null,
  seconds: null,
  hyperparameters: null,
  data: null,
  evaluation: null,
};

function describe(found: Version, active: number | null): ModelDetails {
  const { version } = found;
  if ("problem" in found) return { version, active: version === active, ...unknownFields, problem: found.problem };
  const { data: evaluation = null } = evaluationSchema.safeParse(found.manifest.evaluation);
  return { ...found.manifest, version, active: version === active, problem: null, evaluation };
}
