import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createServer, request as forward } from "node:http";
import type { AddressInfo } from "node:net";
import { format } from "prettier";
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
const service = useBuiltService({
  model: "none",
  dataDir,
  environment: { ...sample, PRESET: "tuned", BASE_PATH: "/music" },
});

/** A reverse proxy that strips the base path, and forwards nothing else. */
const proxy = createServer((received, response) => {
  if (!received.url?.startsWith("/music/")) return void response.writeHead(404).end();
  const { method, headers } = received;
  const path = received.url.slice("/music".length);
  const sent = forward({ host: "127.0.0.1", port: service().port, path, method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  received.pipe(sent);
});
beforeAll(() => new Promise<void>((resolve) => void proxy.listen(0, "127.0.0.1", resolve)));
afterAll(() => void proxy.close());

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

/** Compiles a client with `strict`, and runs it behind the proxy, on the server that the served document names. */
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
  const { port } = proxy.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/music/openapi.json`;
  const { servers } = await (await fetch(url)).json();
  return JSON.parse(await run(join(folder, "out", `${name}.js`), new URL(servers[0].url, url).href));
}

const song = { songId: expect.any(String), score: expect.any(Number), title: expect.any(String) };
const songs = (count: number) => Array.from({ length: count }, () => expect.objectContaining(song));
const results = {
  similar: { modelVersion: 1, songId: "13346", items: songs(3) },
  recommended: expect.objectContaining({ strategy: "blend", items: songs(2), unknownSongs: ["4711"], fallback: null }),
  stored: { playlistId: "user-42", songs: ["13346", "14597"], updatedAt: expect.any(String) },
  listed: { items: [expect.objectContaining({ playlistId: "user-42", songs: ["13346"] })], next: null },
  statuses: [201, 200, 412, 204],
  location: expect.stringMatching(/^\/music\/v1\/training-jobs\/[\w-]{36}$/),
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

  it("gives the types of the console; `npm run openapi` writes them", async () => {
    const file = join(folder, "console.ts");
    const options = ["--root-types", "--root-types-no-schema-prefix"];
    await run(inClients("openapi-typescript/bin/cli.js"), document, "--output", file, ...options);
    const committed = await readFile(join(root, "src/console/api/schema.ts"), "utf8");
    expect(await format(await readFile(file, "utf8"), { parser: "typescript", printWidth: 120 })).toBe(committed);
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
  body: { songs: ["13346", { songId: "14597", weight: 2 }, "4711"], limit: 2, exclude: ["11681", "4712"] },
});
const path = { playlistId: "user-42" };
const put = client.PUT;
const first = await put("/v1/playlists/{playlistId}", { params: { path }, body: { songs: ["13346", "14597"] } });
const header = { "if-match": first.response?.headers.get("etag") ?? "" };
const second = await put("/v1/playlists/{playlistId}", { params: { path, header }, body: { songs: ["13346"] } });
const stale = await put("/v1/playlists/{playlistId}", { params: { path, header }, body: { songs: [] } });
const { data: listed } = await client.GET("/v1/playlists");
const removed = await client.DELETE("/v1/playlists/{playlistId}", { params: { path } });
const { data: job, response } = await client.POST("/v1/training-jobs", {
  body: { hyperparameters: { epochs: 5 }, activate: "never" },
});
const { error: missing } = await client.GET("/v1/songs/{songId}", { params: { path: { songId: "4711" } } });

const items: components["schemas"]["Item"][] = similar?.items ?? [];
const code: string | undefined = missing?.code;
// @ts-expect-error There is no such strategy.
const wrong: components["schemas"]["RecommendationRequest"] = { songs: ["13346"], strategy: "magic" };

const statuses = [first, second, stale, removed].map(({ response }) => response?.status);
const playlists = { stored: first.data, listed, statuses };
const results = { similar: similar && { ...similar, items }, recommended, ...playlists, job };
const location = response?.headers.get("location");
console.log(JSON.stringify({ ...results, location, missing: missing && { ...missing, code } }));
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
import { deletePlaylist, getSong, listPlaylists, putPlaylist, recommend, similarSongs, startTraining } from "./hey-api/index.js";
import type { Item, RecommendationRequest } from "./hey-api/index.js";
import { client } from "./hey-api/client.gen.js";

client.setConfig({ baseUrl: process.argv[2] ?? "" });

const { data: similar } = await similarSongs({
  path: { songId: "13346" },
  query: { limit: 3, exclude: ["14597", "11681"], filter: ["-artist:Nobody"] },
});
const { data: recommended } = await recommend({
  body: { songs: ["13346", { songId: "14597", weight: 2 }, "4711"], limit: 2, exclude: ["11681", "4712"] },
});
const path = { playlistId: "user-42" };
const first = await putPlaylist({ path, body: { songs: ["13346", "14597"] } });
const headers = { "if-match": first.response?.headers.get("etag") ?? "" };
const second = await putPlaylist({ path, headers, body: { songs: ["13346"] } });
const stale = await putPlaylist({ path, headers, body: { songs: [] } });
const { data: listed } = await listPlaylists();
const removed = await deletePlaylist({ path });
const { data: job, response } = await startTraining({ body: { hyperparameters: { epochs: 5 }, activate: "never" } });
const { error: missing } = await getSong({ path: { songId: "4711" } });

const items: Item[] = similar?.items ?? [];
const code: string | undefined = missing?.code;
// @ts-expect-error There is no such strategy.
const wrong: RecommendationRequest = { songs: ["13346"], strategy: "magic" };

const statuses = [first, second, stale, removed].map(({ response }) => response?.status);
const playlists = { stored: first.data, listed, statuses };
const results = { similar: similar && { ...similar, items }, recommended, ...playlists, job };
const location = response?.headers.get("location");
console.log(JSON.stringify({ ...results, location, missing: missing && { ...missing, code } }));
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
