import { z } from "zod";
import { openApiText } from "../../src/commands/openapi.ts";
import { roles } from "../../src/http/schemas/roles.ts";
import { type JsonSchema, jsonSchemaSchema, typeOf } from "./json-schema.ts";
import { code, markdownTable, plain, sentence } from "./table.ts";

const contentSchema = z.record(z.string(), z.object({ schema: jsonSchemaSchema, example: z.unknown().optional() }));

const operationSchema = z.object({
  summary: z.string(),
  description: z.string().optional(),
  tags: z.array(z.string()),
  "x-role": z.enum(roles).optional(),
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.string(),
        required: z.boolean().optional(),
        description: z.string().optional(),
        schema: jsonSchemaSchema,
      }),
    )
    .default([]),
  requestBody: z.object({ content: contentSchema }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string().optional(), content: contentSchema.optional() })),
});
type Operation = z.infer<typeof operationSchema>;

const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({ schemas: z.record(z.string(), jsonSchemaSchema) }),
});

export interface Api {
  readonly routes: readonly Route[];
  readonly schemas: Readonly<Record<string, JsonSchema>>;
}

interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

/** Routes that are open and not part of the OpenAPI document. */
const pages = [
  { route: "GET /", summary: "The console, a web page, with its other views and its assets" },
  { route: "GET /docs", summary: "The OpenAPI document as a web page" },
  { route: "GET /openapi.json", summary: "The OpenAPI 3.1 document" },
];

/** The routes of the OpenAPI document that the service serves. */
export async function readApi(): Promise<Api> {
  const { paths, components } = documentSchema.parse(JSON.parse(await openApiText()));
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  return { routes, schemas: components.schemas };
}

/** A row per route, a column per role. */
export function rolesTable({ routes }: Api): string {
  const callers = ["none", ...roles] as const;
  const rows = [
    ...routes.map(({ method, path, operation }) => ({ route: `${method} ${path}`, role: operation["x-role"] })),
    ...pages.map(({ route }) => ({ route, role: undefined })),
  ];
  return markdownTable(
    ["Route", "No key", ...roles],
    rows.map(({ route, role }) => [
      code(route),
      ...callers.map((caller) =>
        role === undefined || callers.indexOf(caller) >= callers.indexOf(role) ? "yes" : "–",
      ),
    ]),
  );
}

/** A table of routes for each tag, each row linked to its section. */
export function routesTable({ routes }: Api): string {
  const rows = routes.map(({ method, path, operation }) => [
    `[${code(`${method} ${path}`)}](#${slug(`${method} ${path}`)})`,
    plain(sentence(operation.summary)),
    operation["x-role"] ?? "none",
  ]);
  const others = pages.map(({ route, summary }) => [code(route), sentence(summary), "none"]);
  return markdownTable(["Route", "Description", "Role"], [...rows, ...others]);
}

/** A section per tag, and in it one per route: parameters, body, response and an example of each. */
export function routeSections(api: Api): string {
  const byTag = Map.groupBy(api.routes, ({ operation }) => operation.tags[0] ?? "other");
  return [...byTag]
    .map(([tag, routes]) =>
      [`## ${sentence(tag).slice(0, -1)}`, ...routes.map((route) => section(route, api))].join("\n\n"),
    )
    .join("\n\n");
}

/** The anchor that GitHub gives a heading. */
export function slug(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replaceAll(/\s/g, "-");
}

function section({ method, path, operation }: Route, { schemas }: Api): string {
  const { summary, description, parameters, requestBody, responses } = operation;
  const role = operation["x-role"];
  const parts = [
    `### ${method} ${path}`,
    plain(sentence(summary)),
    description === undefined ? "" : plain(description),
    role === undefined ? "No key needed." : "",
    parametersTable(parameters),
    ...Object.entries(requestBody?.content ?? {}).flatMap(([mediaType, content]) => [
      `**Body** (${code(mediaType)})`,
      fieldsTable(resolve(content.schema, schemas), true),
      example(mediaType, content, schemas),
    ]),
    ...Object.entries(responses).flatMap(([status, response]) =>
      status.startsWith("2")
        ? Object.entries(response.content ?? { "no content": { schema: {} } }).flatMap(([mediaType, content]) => [
            `**Response ${status}** (${mediaType === "no content" ? mediaType : code(mediaType)})`,
            fieldsTable(resolve(content.schema, schemas), false),
            example(mediaType, content, schemas),
          ])
        : [],
    ),
    `Errors: ${Object.keys(responses)
      .filter((status) => Number(status) >= 400)
      .join(", ")}.`,
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function parametersTable(parameters: Operation["parameters"]): string {
  if (parameters.length === 0) return "";
  return markdownTable(
    ["Parameter", "In", "Type", "Default", "Description"],
    parameters.map(({ name, in: where, required = false, description = "", schema }) => [
      code(name),
      where,
      typeOf(schema),
      defaultOf(schema, required),
      plain(sentence(description)),
    ]),
  );
}

function fieldsTable(schema: JsonSchema, isInput: boolean): string {
  const fields = Object.entries(schema.properties ?? {});
  if (fields.length === 0) return "";
  return markdownTable(
    ["Field", "Type", ...(isInput ? ["Default"] : []), "Description"],
    fields.map(([name, field]) => [
      code(name),
      typeOf(field),
      ...(isInput ? [defaultOf(field, schema.required?.includes(name) ?? false)] : []),
      plain(sentence(field.description ?? "")),
    ]),
  );
}

function defaultOf(schema: JsonSchema, required: boolean): string {
  if (schema.default !== undefined) return code(JSON.stringify(schema.default));
  return required ? "required" : "none";
}

function resolve(schema: JsonSchema, schemas: Api["schemas"]): JsonSchema {
  const name = schema.$ref?.split("/").at(-1);
  return name === undefined ? schema : (schemas[name] ?? schema);
}

function example(
  mediaType: string,
  content: { schema: JsonSchema; example?: unknown },
  schemas: Api["schemas"],
): string {
  const shown = content.example ?? resolve(content.schema, schemas).examples?.[0];
  if (shown === undefined) return "";
  const isJson = mediaType.endsWith("json") && typeof shown !== "string";
  return `\`\`\`${isJson ? "json" : "text"}\n${isJson ? JSON.stringify(shown, null, 2) : String(shown).trimEnd()}\n\`\`\``;
}
