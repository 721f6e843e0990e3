import fastJsonStringify, { type AnySchema } from "fast-json-stringify";
import type { FastifySerializerCompiler } from "fastify/types/schema.js";
import { z } from "zod";

/** Writes answers by code that is generated from their schemas once. What no schema names is left out, and nothing is checked: the answers are ours. */
export const serialiseBySchema: FastifySerializerCompiler<z.ZodType> = ({ schema }) => {
  const jsonSchema: AnySchema = JSON.parse(JSON.stringify(z.toJSONSchema(schema, { target: "draft-7", io: "output" })));
  return fastJsonStringify(jsonSchema);
};
