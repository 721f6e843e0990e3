import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { useBuiltService } from "../helpers/built-service.ts";
import { request } from "../helpers/http.ts";
import { runCommand } from "../helpers/process.ts";

// No linter and no generator uses the network.

const root = fileURLToPath(new URL("../..", import.meta.url));
const document = join(root, "openapi/openapi.json");
const folder = mkdtempSync(join(tmpdir(), "song2vec-clients-"));
const dataDir = join(folder, "data");

const sample = { PLAYLISTS: join(folder, "sample/playlists.csv"), CATALOGUE: join(folder, "sample/songs.csv") };
const training = "--vector-size 256 --epochs 1 --hold-out 100 --workers 1".split(" ");
beforeAll(async () => {
  const data = ["--playlists", sample.PLAYLISTS, "--catalogue", sample.CATALOGUE, "--data-dir", dataDir];
  for (const args of [
    ["sample", "--output", join(folder, "sample")],
    ["train", ...data, ...training],
  ]) {
    const { code, errors } = await runCommand(args);
    if (code !== 0) throw new Error(errors);
  }
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "package.json"), '{"type": "module"}');
});
const service = useBuiltService({ model: "none", dataDir, environment: { ...sample, PRESET: "tuned" } });
afterAll(() => rm(folder, { recursive: true }));

/** @returns what the program prints on both streams @throws with it where the program fails */
async function run(program: string, ...args: string[]): Promise<string> {
  const environment = { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...args], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: "", ...environment },
    });
    return stdout + stderr;
  } catch (error) {
    const { stdout = "", stderr = "" } = Object(error);
    throw new Error(`${program} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

const inRoot = (path: string) => join(root, "node_modules", path);
const inClients = (path: string) => join(root, "test/clients/node_modules", path);

/** Compiles a client with `strict`, and runs it on the service. */
async function runClient(name: string, source: string): Promise<unknown> {
  await writeFile(join(folder, `${name}.ts`), source);
  const options = {
    strict: true,
    noUncheckedIndexedAccess: true,
    module: "nodenext",
    target: "es2023",
    lib: ["es2023", "dom", "dom.iterable"],
    types: [],
    outDir: "out",
    rootDir: ".",
  };
  const project = join(folder, `${name}.json`);
  await writeFile(project, JSON.stringify({ compilerOptions: options, files: [`${name}.ts`] }));
  await run(inClients("typescript/bin/tsc"), "--project", project);
  return JSON.parse(await run(join(folder, "out", `${name}.js`), `http://127.0.0.1:${service().port}`));
}

const song = { songId: expect.any(String), score: expect.any(Number), title: expect.any(String) };
const songs = (count: number) => Array.from({ length: count }, () => expect.objectContaining(song));
const results = {
  similar: { modelVersion: 1, songId: "13346", items: songs(3) },
  recommended: expect.objectContaining({ strategy: "blend", items: songs(2), unknownSongs: ["4711"], fallback: null }),
  stored: { playlistId: "user-42", songs: ["13346", "14597"], updatedAt: expect.any(String) },
  job: expect.objectContaining({ jobId: expect.any(String), hyperparameters: expect.objectContaining({ epochs: 5 }) }),
  missing: expect.objectContaining({ status: 404, code: "SONG_NOT_FOUND" }),
};

interface Example {
  readonly examples?: readonly unknown[];
  readonly $ref?: string;
}
interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly example?: string | number }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Example }> };
}
const openApi: {
  info: { description: string };
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Example> };
} = JSON.parse(readFileSync(document, "utf8"));

/** The requests that a reader can send as the document has them: what starts jobs and what deletes comes last. */
function exampleRequests() {
  const requests = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { parameters = [], requestBody }]) => {
      const given = (place: string) => parameters.filter((each) => each.in === place && each.example !== undefined);
      const inPath = given("path").reduce((text, { name, example }) => text.replace(`{${name}}`, `${example}`), path);
      if (inPath.includes("{")) return [];
      const query = new URLSearchParams(given("query").map(({ name, example }) => [name, `${example}`]));
      const [[type, { schema }] = ["", { schema: {} }]] = Object.entries(requestBody?.content ?? {});
      const [example] = (openApi.components.schemas[schema.$ref?.split("/").at(-1) ?? ""] ?? schema).examples ?? [];
      const body = typeof example === "string" || example === undefined ? example : JSON.stringify(example);
      const headers: Record<string, string> = type === "" ? {} : { "content-type": type };
      return [{ method: method.toUpperCase(), path, url: `${inPath}?${query}`, headers, body }];
    }),
  );
  const order = ({ method, path }: { method: string; path: string }) =>
    method === "PUT" ? 0 : method === "DELETE" ? 2 : path.endsWith("-jobs") ? 3 : 1;
  return requests.toSorted((one, other) => order(one) - order(other));
}

describe("the OpenAPI document", () => {
  it("passes redocly lint without errors and warnings", async () => {
    const output = await run(inRoot("@redocly/cli/bin/cli.js"), "lint", document, "--extends=recommended");
    expect(output).toContain("Your API description is valid");
    expect(output).not.toMatch(/warning/i);
  });

  it("gives a client with openapi-typescript and openapi-fetch", async () => {
    await run(inClients("openapi-typescript/bin/cli.js"), document, "--output", join(folder, "schema.d.ts"));
    const source = `
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

const client = createClient<paths>({ baseUrl: process.argv[2] ?? "" });

const { data: similar } = await client.GET("/v1/songs/{songId}/similar", {
  params: { path: { songId: "13346" }, query: { limit: 3, exclude: ["14597", "11681"], filter: ["-artist:Nobody"] } },
});
const { data: recommended } = await client.POST("/v1/recommendations", {
  body: { songs: ["13346", { songId: "14597", weight: 2 }, "4711"], limit: 2 },
});
const { data: stored } = await client.PUT("/v1/playlists/{playlistId}", {
  params: { path: { playlistId: "user-42" } },
  body: { songs: ["13346", "14597"] },
});
const { data: job } = await client.POST("/v1/training-jobs", {
  body: { hyperparameters: { epochs: 5 }, activate: "never" },
});
const { error: missing } = await client.GET("/v1/songs/{songId}", { params: { path: { songId: "4711" } } });

const items: components["schemas"]["Item"][] = similar?.items ?? [];
const code: string | undefined = missing?.code;
// @ts-expect-error There is no such strategy.
const wrong: components["schemas"]["RecommendationRequest"] = { songs: ["13346"], strategy: "magic" };

const results = { similar: similar && { ...similar, items }, recommended, stored, job };
console.log(JSON.stringify({ ...results, missing: missing && { ...missing, code } }));
`;
    expect(await runClient("openapi-fetch", `declare const process: { argv: string[] };${source}`)).toEqual(results);
  });

  it("gives a client with @hey-api/openapi-ts", async () => {
    const generator = inRoot("@hey-api/openapi-ts/dist/run.mjs");
    const plugins = ["@hey-api/client-fetch", "@hey-api/sdk", "@hey-api/typescript"];
    const options = ["--input", document, "--output", join(folder, "hey-api"), "--silent", "--no-log-file"];
    const typescript = join(root, "test/clients/typescript-5.ts");
    await run("--import", typescript, generator, ...options, "--plugins", ...plugins);
    const source = `
import { getSong, putPlaylist, recommend, similarSongs, startTraining } from "./hey-api/index.js";
import type { Item, RecommendationRequest } from "./hey-api/index.js";
import { client } from "./hey-api/client.gen.js";

client.setConfig({ baseUrl: process.argv[2] ?? "" });

const { data: similar } = await similarSongs({
  path: { songId: "13346" },
  query: { limit: 3, exclude: ["14597", "11681"], filter: ["-artist:Nobody"] },
});
const { data: recommended } = await recommend({
  body: { songs: ["13346", { songId: "14597", weight: 2 }, "4711"], limit: 2 },
});
const { data: stored } = await putPlaylist({ path: { playlistId: "user-42" }, body: { songs: ["13346", "14597"] } });
const { data: job } = await startTraining({ body: { hyperparameters: { epochs: 5 }, activate: "never" } });
const { error: missing } = await getSong({ path: { songId: "4711" } });

const items: Item[] = similar?.items ?? [];
const code: string | undefined = missing?.code;
// @ts-expect-error There is no such strategy.
const wrong: RecommendationRequest = { songs: ["13346"], strategy: "magic" };

const results = { similar: similar && { ...similar, items }, recommended, stored, job };
console.log(JSON.stringify({ ...results, missing: missing && { ...missing, code } }));
`;
    expect(await runClient("hey-api-client", `declare const process: { argv: string[] };${source}`)).toEqual(results);
  });

  it("has examples that the service accepts on the sample", async () => {
    const tried: string[] = [];
    for (const { method, path, url, headers, body } of exampleRequests()) {
      const response = await request(service().port, url, { method, headers, ...(body !== undefined && { body }) });
      expect(response, `${method} ${url}`).toMatchObject({ status: expect.toSatisfy((status) => status < 300) });
      tried.push(`${method} ${path}`);
    }
    const operations = Object.entries(openApi.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(operations.filter((operation) => !tried.includes(operation)).toSorted()).toEqual([
      "DELETE /v1/models/{version}", // version 1 is active
      ...["training", "tuning"].flatMap((kind) => [`DELETE /v1/${kind}-jobs/{jobId}`]), // ids are random
      ...["training", "tuning"].flatMap((kind) => [
        `GET /v1/${kind}-jobs/{jobId}`,
        `GET /v1/${kind}-jobs/{jobId}/events`,
      ]),
    ]);
  });

  it("describes its main requests as curl commands that work on the sample", async () => {
    const commands = openApi.info.description.match(/^curl (?:.*\\\n)*.*$/gm) ?? [];
    expect(commands).toHaveLength(3);
    for (const command of commands) {
      const url = /http:\/\/127\.0\.0\.1:3000([^\s']*)/.exec(command)?.[1] ?? "";
      const body = /-d '(.*)'/.exec(command)?.[1];
      const { status } = await request(service().port, url, body === undefined ? {} : { json: JSON.parse(body) });
      expect(status, command).toBeLessThan(300);
    }
  });
});
