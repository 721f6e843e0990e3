import fastJsonStringify, { type AnySchema } from "fast-json-stringify";
import { z } from "zod";

/**
 * Creates a JSON serializer from a schema. It omits fields that the schema does not have, and validates nothing.
 */
export function createSerializer<S extends z.ZodType>(schema: S): (value: z.output<S>) => string {
  const jsonSchema: AnySchema = JSON.parse(JSON.stringify(z.toJSONSchema(schema, { target: "draft-7", io: "output" })));
  return fastJsonStringify(jsonSchema);
}
