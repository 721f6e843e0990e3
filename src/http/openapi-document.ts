import { STATUS_CODES } from "node:http";
import { problemExamples } from "./schemas/problem.ts";

interface Schema {
  readonly [keyword: string]: unknown;
  readonly type?: string;
  readonly anyOf?: readonly Schema[];
  description?: string;
  default?: unknown;
}
interface Parameter {
  in: string;
  name: string;
  description?: string;
  required?: boolean;
  schema: Schema;
}
interface Response {
  description: string;
  headers?: Record<string, object>;
  content?: Record<string, { schema: { $ref?: string }; example?: unknown }>;
}
/** Fields of an operation until the document is finished: its body may be missing; its response has an ETag. */
export const optionalBodyField = "x-optional-body";
export const etagField = "x-etag";

interface Operation {
  parameters?: Parameter[];
  requestBody?: { required?: boolean };
  [optionalBodyField]?: boolean;
  [etagField]?: boolean;
  responses: Record<string, Response | { $ref: string }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses?: Record<string, Response> };
}

const schemaPath = "#/components/schemas/";
/** fastify-type-provider-zod registers each schema twice: `X` for responses and `XInput` for requests. */
const inputSuffix = "Input";
/** The order of parameters. */
const places = ["path", "query", "header"];
const problemType = "application/problem+json";

const etag = { ETag: { description: "Entity tag of the response, in double quotes", schema: { type: "string" } } };
const location = { Location: { description: "Path of the new job", schema: { type: "string" } } };

/** Headers of problem responses, by status. */
const problemHeaders: Readonly<Record<string, Record<string, object>>> = {
  401: { "WWW-Authenticate": { description: "`Bearer`", schema: { type: "string" } } },
  409: {
    "Retry-After": {
      description: "Seconds to wait before the next attempt, only with the code `MODEL_LOADING`",
      schema: { type: "integer" },
    },
  },
  429: { "Retry-After": { description: "Seconds to wait before the next attempt", schema: { type: "integer" } } },
  503: { "Retry-After": { description: "Seconds to wait before the next attempt", schema: { type: "integer" } } },
};

/**
 * Turns what the plugins generate into the document that is served: each schema once, problem responses shared, array
 * parameters with their style.
 *
 * @param generated an OpenAPI 3.1 document, which stays as it is
 */
export function finishDocument<D extends object>(generated: D): D {
  const document: D & Document = JSON.parse(JSON.stringify(generated));
  for (const operation of operationsOf(document)) {
    if (operation.requestBody) operation.requestBody.required = !operation[optionalBodyField];
    delete operation[optionalBodyField];
    describeHeaders(operation);
    operation.parameters?.forEach(describeArray);
    operation.parameters?.sort((one, other) => places.indexOf(one.in) - places.indexOf(other.in));
    describeResponses(document, operation);
    shareProblems(document, operation);
  }
  const bodies = operationsOf(document).map(({ requestBody }) => requestBody);
  for (const name of referencedSchemas(bodies, document)) describeDefaults(document.components.schemas[name]);
  return withSchemasOnce(document);
}

function operationsOf({ paths }: Document): Operation[] {
  return Object.values(paths).flatMap((operations) => Object.values(operations));
}

/** Documents a parameter that takes one value or several as an array. */
function describeArray(parameter: Parameter): void {
  const array = parameter.schema.anyOf?.find(({ type }) => type === "array");
  if (array) Object.assign(parameter, { style: "form", explode: true, schema: array });
}

/** Documents the headers of successful responses, and conditional requests. */
function describeHeaders(operation: Operation): void {
  const { responses, [etagField]: hasEtag = false } = operation;
  delete operation[etagField];
  for (const [status, response] of Object.entries(responses)) {
    const headers = status === "202" ? location : hasEtag && status.startsWith("2") ? etag : undefined;
    if (headers && !("$ref" in response)) response.headers = headers;
  }
  if (!hasEtag || operation.requestBody) return;
  const description = "ETags. If the response has one of them, or with `*`, the status is 304 and there is no body";
  (operation.parameters ??= []).push({ in: "header", name: "if-none-match", description, schema: { type: "string" } });
  responses["304"] = { description: "Not Modified. The response has one of the ETags of the request", headers: etag };
}

/** Describes each successful response by its status and its schema. */
function describeResponses({ components }: Document, { responses }: Operation): void {
  for (const [status, response] of Object.entries(responses)) {
    if ("$ref" in response || response.description !== "Default Response") continue;
    const { $ref = "" } = Object.values(response.content ?? {})[0]?.schema ?? {};
    const description = components.schemas[$ref.slice(schemaPath.length)]?.description;
    const name = status === "200" ? undefined : STATUS_CODES[status];
    response.description = [name, description].filter(Boolean).join(". ") || "OK";
  }
}

/** Moves problem responses to the components: most operations have the same ones. */
function shareProblems({ components }: Document, { responses }: Operation): void {
  components.responses ??= {};
  for (const [status, response] of Object.entries(responses)) {
    const problem = "$ref" in response ? undefined : response.content?.[problemType];
    if ("$ref" in response || !problem) continue;
    const name = STATUS_CODES[status]?.replaceAll(" ", "") ?? status;
    const headers = problemHeaders[status];
    const content = {
      ...response.content,
      [problemType]: { ...problem, example: problemExamples.get(Number(status)) },
    };
    components.responses[name] = { ...response, content, ...(headers && { headers }) };
    responses[status] = { $ref: `#/components/responses/${name}` };
  }
}

/**
 * Moves defaults of a request body's fields into their descriptions. openapi-typescript makes every field with the
 * keyword `default` required, although the client may omit it.
 */
function describeDefaults(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  if ("properties" in value && typeof value.properties === "object" && value.properties !== null)
    for (const property of Object.values<Schema>({ ...value.properties })) {
      if (property.default === undefined) continue;
      property.description = `${property.description ?? ""}. Default: \`${JSON.stringify(property.default)}\``;
      delete property.default;
    }
  for (const part of Object.values(value)) describeDefaults(part);
}

/** Removes unused schemas, and the suffix of schemas that only requests use. */
function withSchemasOnce<D extends Document>(document: D): D {
  const { components, paths } = document;
  const used = referencedSchemas([paths, components.responses], document);
  const names = new Map<string, string>();
  for (const name of used) {
    const base = name.endsWith(inputSuffix) ? name.slice(0, -inputSuffix.length) : name;
    const differs = used.has(base) && !isSame(components.schemas[base], components.schemas[name]);
    names.set(name, differs ? name : base);
  }
  const schemas = new Map([...names].map(([name, shortened]) => [shortened, components.schemas[name] ?? {}]));
  components.schemas = Object.fromEntries([...schemas].toSorted(([one], [other]) => (one < other ? -1 : 1)));
  return JSON.parse(JSON.stringify(document), (key, value) =>
    key === "$ref" && String(value).startsWith(schemaPath)
      ? schemaPath + names.get(String(value).slice(schemaPath.length))
      : value,
  );
}

/** The names of the schemas that values refer to, also by way of others. */
function referencedSchemas(values: readonly unknown[], { components }: Document): Set<string> {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    JSON.stringify(value, (key, part) => {
      if (key !== "$ref" || !String(part).startsWith(schemaPath)) return part;
      const name = String(part).slice(schemaPath.length);
      if (!names.has(name)) {
        names.add(name);
        visit(components.schemas[name]);
      }
      return part;
    });
  };
  visit(values);
  return names;
}

/** Whether a schema is the same in requests and in responses. */
function isSame(output: Schema | undefined, input: Schema | undefined): boolean {
  const text = (schema: Schema | undefined) => JSON.stringify(schema).replaceAll(`${inputSuffix}"`, '"');
  return text(output) === text(input);
}
