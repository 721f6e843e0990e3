import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { startBuiltService } from "../helpers/built-service.ts";
import { isFull, report } from "../helpers/fault-form.ts";
import { request as send, type TestResponse } from "../helpers/http.ts";
import { hostileIds } from "../helpers/playlists.ts";
import { arbitraryOf, type JsonSchema } from "./arbitrary.ts";

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: JsonSchema }>>;
}
interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: JsonSchema;
  }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content & { readonly $ref?: string }>>;
}
interface Sent {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  /** Whether it matches the document, so that it must be accepted. */
  readonly fits: boolean;
}

const document: {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonSchema>; responses: Record<string, Content> };
} = JSON.parse(readFileSync(new URL("../../openapi/openapi.json", import.meta.url), "utf8"));
const resolve = (ref: string) => document.components.schemas[ref.split("/").at(-1) ?? ""] ?? {};
const words = [...hostileIds, "1", "2", "3", "12"];
const valuesOf = (schema: JsonSchema) => arbitraryOf(schema, resolve, words);

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, "openapi");
const pointer = (text: string) =>
  text.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D");

/** Short enough for a URL; longer headers are row 23. */
const short = (text: string) => [...text].slice(0, 500).join("");

/** Requests of one operation: valid and invalid ones. */
function requestsOf(path: string, { parameters = [], requestBody }: Operation): fc.Arbitrary<Sent> {
  const bodySchema = requestBody?.content?.["application/json"]?.schema;
  const stream = requestBody?.content?.["application/x-ndjson"] ? "application/x-ndjson" : undefined;
  const segments = parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name);
  const given = fc.record(Object.fromEntries(parameters.map(({ name, schema }) => [name, valuesOf(schema)])), {
    requiredKeys: parameters.filter(({ required }) => required).map(({ name }) => name),
  });
  const body = bodySchema ? valuesOf(bodySchema).map((value) => JSON.stringify(value)) : fc.constant(undefined);
  const type = stream ?? "application/json";
  const good = fc.record({ given, body }).map(({ given: values, body: text }) => {
    const inPath = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
    const query = parameters
      .filter((parameter) => parameter.in === "query")
      .flatMap(({ name }) => [values[name] ?? []].flat().map((value) => [name, String(value)]));
    const headers = Object.fromEntries(
      parameters
        .filter((parameter) => parameter.in === "header" && values[parameter.name] !== undefined)
        .map(({ name }) => [name, `${String(values[name]).replaceAll(/[^\x21-\x7e]/g, "")}-`.slice(0, 60)]),
    );
    if (text !== undefined) headers["content-type"] = "application/json";
    return {
      path: query.length > 0 ? `${inPath}?${new URLSearchParams(query)}` : inPath,
      headers,
      ...(text !== undefined && { body: text }),
      fits: stream === undefined && !segments.some((name) => /^\.\.?$/.test(String(values[name]))),
    }; // URLs have no such segments
  });
  const junk = fc.oneof(
    fc.json({ maxDepth: 4 }),
    fc.string({ unit: "binary" }),
    fc.jsonValue().map((value) => JSON.stringify({ songs: value, hyperparameters: value, limit: value })),
    body.map((text = "") => text.replace(/[[\]{}":]|\d/, "x")),
  );
  const bad = fc
    .record({ request: good, junk, place: fc.nat(3), name: fc.string({ unit: "binary" }) })
    .map(({ request, junk: text, place, name }): Sent => {
      if (place === 0 && bodySchema) return { ...request, body: text, fits: false };
      if (place === 1)
        return {
          ...request,
          path: [
            `${request.path}${request.path.includes("?") ? "&" : "?"}${encodeURIComponent(name)}`,
            encodeURIComponent(short(text)),
          ].join("="),
          fits: false,
        };
      if (place === 2)
        return { ...request, path: path.replaceAll(/\{\w+\}/g, encodeURIComponent(short(text))), fits: false };
      return { ...request, headers: { "content-type": type }, body: text, fits: false };
    });
  return fc.oneof(good, bad);
}

const key = "a-key-that-nobody-may-see";

function faultOf(
  method: string,
  path: string,
  { responses }: Operation,
  { fits }: Sent,
  { status, body, headers }: TestResponse,
  folder: string,
): string | undefined {
  const type = String(headers["content-type"] ?? "").split(";")[0] ?? "";
  if (status >= 500 && status !== 503 && status !== 507) return `undocumented status ${status}`;
  const { $ref, ...inline } = responses[status] ?? {};
  const documented = $ref ? document.components.responses[$ref.split("/").at(-1) ?? ""] : inline;
  if (!responses[status] || !documented) return `undocumented status ${status}`;
  const refusedForItsForm =
    // For example an invalid cursor.
    status === 415 || (status === 400 && !["BAD_REQUEST", "UNKNOWN_COLUMN"].includes(JSON.parse(body).code));
  if (fits && refusedForItsForm) return `rejects a valid request with ${status}`;
  if (/node_modules|\.m?[jt]s:\d|\n\s+at /.test(body) || body.includes(folder) || body.includes(key)) return "leaks";
  if (documented.content === undefined) return body === "" ? undefined : "undocumented body";
  if (!documented.content[type]) return `undocumented content type ${type}`;
  if (!type.endsWith("json")) return undefined;
  const response = $ref ?? `#/paths/${pointer(path)}/${method}/responses/${status}`;
  const validate = ajv.getSchema(`openapi${response}/content/${pointer(type)}/schema`);
  if (!validate) return "has no schema";
  const values = type.endsWith("ndjson") ? body.split("\n").filter(Boolean) : [body];
  return values.every((value) => validate(JSON.parse(value)))
    ? undefined
    : `does not match its schema: ${ajv.errorsText(validate.errors)}`;
}

describe("row 26: random requests from openapi.json", () => {
  it(
    "get documented responses: no 5xx but 503 and 507, valid ones are accepted, nothing leaks",
    async () => {
      const runs = isFull ? 10_000 : 60;
      const { port, dataDir } = await startBuiltService({
        model: "trained",
        environment: { API_KEYS: `admin:${key}` },
      });
      const agent = new Agent({ keepAlive: true, maxSockets: 16 });
      const faults: string[] = [];
      let sent = 0;
      const statuses: Record<string, number> = {};
      const seed = Number(process.env["SEED"] ?? Date.now() % 2 ** 31);
      for (const [path, operations] of Object.entries(document.paths)) {
        for (const [method, operation] of Object.entries(operations)) {
          const requests = fc.sample(requestsOf(path, operation), { numRuns: runs, seed });
          const next = requests.values();
          await Promise.all(
            Array.from({ length: 16 }, async () => {
              for (const request of next) {
                const response = await send(port, request.path, {
                  ...request,
                  method: method.toUpperCase(),
                  agent,
                  headers: { ...request.headers, authorization: `Bearer ${key}` },
                }).catch((error: unknown) => {
                  throw new Error(
                    `no response to ${method} ${request.path} ${JSON.stringify(request.headers)} ` +
                      `${request.body ?? ""}, request ${sent} of seed ${seed}`,
                    { cause: error },
                  );
                });
                const fault = faultOf(method, path, operation, request, response, dataDir);
                statuses[response.status] = (statuses[response.status] ?? 0) + 1;
                sent++;
                const kind = `${method} ${path} ${fault}`;
                if (fault !== undefined && !faults.some((known) => known.startsWith(kind)))
                  faults.push(
                    `${kind}: ${request.path.slice(0, 300)} ${request.body?.slice(0, 300) ?? ""}: ` +
                      `${response.body.slice(0, 300)}`,
                  );
              }
            }),
          );
        }
      }
      agent.destroy();
      report(26, {
        sent,
        seed,
        ...Object.fromEntries(Object.entries(statuses).map(([status, count]) => [`${status}:`, count])),
      });
      expect(faults, `SEED=${seed}`).toEqual([]);
      expect((await send(port, "/health/ready")).status).toBe(200);
    },
    isFull ? 3_600_000 : 120_000,
  );
});
