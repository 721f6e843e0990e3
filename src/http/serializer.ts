import fastJsonStringify, { type AnySchema } from "fast-json-stringify";
import { z } from "zod";

/** Writes JSON by code that is generated from a schema once. What no schema names is left out, and nothing is checked: the responses are ours. */
export function createSerializer<S extends z.ZodType>(schema: S): (value: z.output<S>) => string {
  const jsonSchema: AnySchema = JSON.parse(JSON.stringify(z.toJSONSchema(schema, { target: "draft-7", io: "output" })));
  return fastJsonStringify(jsonSchema);
}
