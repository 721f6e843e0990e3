import { z } from "zod";

/** The part of JSON Schema that the reference shows. */
export interface JsonSchema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly const?: unknown;
  readonly enum?: readonly unknown[] | undefined;
  readonly anyOf?: readonly JsonSchema[] | undefined;
  readonly oneOf?: readonly JsonSchema[] | undefined;
  readonly items?: JsonSchema | undefined;
  readonly properties?: Readonly<Record<string, JsonSchema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly exclusiveMinimum?: number | undefined;
  readonly default?: unknown;
  readonly description?: string | undefined;
  readonly examples?: readonly unknown[] | undefined;
}

export const jsonSchemaSchema: z.ZodType<JsonSchema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    const: z.unknown().optional(),
    enum: z.array(z.unknown()).optional(),
    anyOf: z.array(jsonSchemaSchema).optional(),
    oneOf: z.array(jsonSchemaSchema).optional(),
    items: jsonSchemaSchema.optional().catch(undefined), // a list of schemas for a tuple
    properties: z.record(z.string(), jsonSchemaSchema).optional(),
    required: z.array(z.string()).optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    exclusiveMinimum: z.number().optional(),
    default: z.unknown().optional(),
    description: z.string().optional(),
    examples: z.array(z.unknown()).optional(),
  }),
);

/** A type in words, as "integer, 1 to 1,000" or "`mean` or `leastMisery`". */
export function typeOf(schema: JsonSchema): string {
  const { $ref, type, enum: values, anyOf, oneOf, items } = schema;
  if ($ref !== undefined)
    return code(
      $ref
        .split("/")
        .at(-1)
        ?.replace(/Input$/, "") ?? "",
    );
  if (values) return values.map((value) => code(String(value))).join(", ");
  if (schema.const !== undefined) return code(String(schema.const));
  const branches = anyOf ?? oneOf;
  if (branches) return [...new Set(branches.map(typeOf))].join(" or ");
  if (type === "array") return `array of ${items ? typeOf(items) : "values"}`;
  const name = [type ?? "value"].flat().join(" or ");
  return `${name}${rangeOf(schema)}`;
}

/** The largest bounds are those of the number type, which say nothing. */
const isBound = (value: number | undefined) => value !== undefined && Math.abs(value) < Number.MAX_SAFE_INTEGER;

function rangeOf({ minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  const show = (value: number | undefined) => (value ?? 0).toLocaleString("en");
  const hasMaximum = isBound(maximum);
  if (isBound(minimum)) return hasMaximum ? `, ${show(minimum)} to ${show(maximum)}` : `, at least ${show(minimum)}`;
  if (isBound(exclusiveMinimum))
    return `, above ${show(exclusiveMinimum)}${hasMaximum ? `, at most ${show(maximum)}` : ""}`;
  return hasMaximum ? `, at most ${show(maximum)}` : "";
}

function code(text: string): string {
  return `\`${text}\``;
}
