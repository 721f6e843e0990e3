import fc from "fast-check";

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly multipleOf?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

/** Arbitrary values that match a JSON Schema; strings without a pattern are often one of `words`. */
export function arbitraryOf(
  schema: JsonSchema,
  resolve: (ref: string) => JsonSchema,
  words: readonly string[],
): fc.Arbitrary<unknown> {
  const of = (inner: JsonSchema): fc.Arbitrary<unknown> => {
    if (inner.$ref !== undefined) return of(resolve(inner.$ref));
    if ("const" in inner) return fc.constant(inner.const);
    if (inner.enum) return fc.constantFrom(...inner.enum);
    const choices = inner.anyOf ?? inner.oneOf;
    if (choices) return fc.oneof(...choices.map(of));
    if (inner.allOf) return of(Object.assign({}, ...inner.allOf));
    switch (inner.type) {
      case "null":
        return fc.constant(null);
      case "boolean":
        return fc.boolean();
      case "integer":
        return integers(inner);
      case "number":
        return fc.double({
          min: inner.minimum ?? inner.exclusiveMinimum ?? -1e9,
          max: inner.maximum ?? inner.exclusiveMaximum ?? 1e9,
          minExcluded: "exclusiveMinimum" in inner,
          maxExcluded: "exclusiveMaximum" in inner,
          noNaN: true,
        });
      case "string":
        return stringOf(inner, words);
      case "array":
        return fc.array(of(inner.items ?? {}), {
          minLength: inner.minItems ?? 0,
          maxLength: Math.min(inner.maxItems ?? 8, (inner.minItems ?? 0) + 8),
        });
      case "object":
        return objectOf(inner, of);
      default:
        return fc.jsonValue({ maxDepth: 3 });
    }
  };
  return of(schema);
}

function objectOf(
  { properties = {}, required = [] }: JsonSchema,
  of: (inner: JsonSchema) => fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  return fc.record(Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, of(inner)])), {
    requiredKeys: [...required],
  });
}

function stringOf(
  { pattern, format, minLength = 0, maxLength = 40 }: JsonSchema,
  words: readonly string[],
): fc.Arbitrary<string> {
  if (format === "date-time") return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, "u"));
  const text = fc.string({ unit: "binary", minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) });
  const fitting = words.filter(({ length }) => length >= minLength && length <= maxLength);
  return fitting.length > 0 ? fc.oneof(text, fc.constantFrom(...fitting)) : text;
}

function integers({ minimum = -1e9, maximum = 1e9, multipleOf: step = 1 }: JsonSchema): fc.Arbitrary<number> {
  return fc.integer({ min: Math.ceil(minimum / step), max: Math.floor(maximum / step) }).map((times) => times * step);
}
