import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { openApiText } from "../../src/commands/openapi.ts";
import { generateSample } from "../../src/corpus/sample/sample.ts";
import { createTestService } from "../helpers/service.ts";

interface Schema {
  readonly [keyword: string]: unknown;
  readonly $ref?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly { readonly name: string; readonly description?: string }[];
  readonly responses: Readonly<Record<string, { readonly content?: Record<string, { readonly schema: Schema }> }>>;
}
interface Document {
  readonly openapi: string;
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const text = readFileSync(new URL("../../openapi/openapi.json", import.meta.url), "utf8");
const document: Document = JSON.parse(text);
const { schemas } = document.components;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, ...operation })),
);

/** All objects in a value. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return;
  if (!Array.isArray(value)) yield { ...value };
  for (const part of Object.values(value)) yield* objectsIn(part);
}

describe("the OpenAPI document", () => {
  it("equals the committed file (npm run openapi updates it)", async () => {
    expect(JSON.parse(await openApiText())).toEqual(document);
  });

  it("is OpenAPI 3.1 and has an example for the response of every operation", () => {
    expect(document.openapi).toBe("3.1.0");
    for (const { name, responses } of operations) {
      const [status, success] = Object.entries(responses).find(([code]) => code.startsWith("2")) ?? [];
      if (status === "204") continue;
      const { $ref, ...inline } = Object.values(success?.content ?? {})[0]?.schema ?? {};
      const schema = $ref ? schemas[$ref.split("/").at(-1) ?? ""] : inline;
      expect(schema?.["examples"], name).toHaveLength(1);
    }
  });

  it("uses each schema, and has none twice", () => {
    const unused = Object.keys(schemas).filter((name) => !text.includes(`"#/components/schemas/${name}"`));
    expect(unused).toEqual([]);
    const byContent = Map.groupBy(Object.entries(schemas), ([, schema]) => {
      const { examples: _examples, description: _description, ...content } = schema;
      return JSON.stringify(content);
    });
    const twins = [...byContent.values()].map((same) => same.map(([name]) => name)).filter((names) => names.length > 1);
    expect(twins).toEqual([["TrainingJobEvents", "TuningJobEvents"]]); // both are text
  });

  it("describes every operation, parameter and field", () => {
    const fields = [...objectsIn(schemas)].flatMap(({ properties }) =>
      Object.entries<Schema>(typeof properties === "object" ? { ...properties } : {}),
    );
    const parameters = operations.flatMap(({ parameters: own = [] }) => own);
    expect(fields.filter(([, { $ref, description }]) => !$ref && !description).map(([name]) => name)).toEqual([]);
    expect(parameters.filter(({ description }) => !description).map(({ name }) => name)).toEqual([]);
    for (const { name, summary, tags } of operations) {
      expect(summary, name).toMatch(/^[A-Z][a-z]+ [^.]{3,60}$/);
      expect(document.tags.map((tag) => tag.name)).toEqual(expect.arrayContaining([...tags]));
    }
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  });

  it("requires no field of a request that has a default", () => {
    const required = Object.fromEntries(
      Object.entries(schemas)
        .filter(([name]) => /Request$|^PlaylistContent$|^WeightedSong$/.test(name))
        .map(([name, schema]) => [name, schema["required"] ?? []]),
    );
    expect(required).toEqual({
      BatchRequest: ["requests"],
      PlaylistCheckRequest: ["songs"],
      PlaylistContent: ["songs"],
      RecommendationRequest: [],
      SongVectorRequest: [],
      TrainingRequest: [],
      TuningRequest: ["minutes"],
      WeightedSong: ["songId"],
    });
  });

  it("names the headers of conditional requests, and of new jobs", () => {
    const etags = operations.filter(({ responses }) => JSON.stringify(responses).includes('"ETag"'));
    expect(etags.map(({ name, responses }) => `${name} ${"304" in responses}`)).toEqual([
      "GET /v1/songs/{songId}/similar true",
      "GET /v1/songs/{songId} true",
      "GET /v1/songs/{songId}/path/{otherId} true",
      "PUT /v1/playlists/{playlistId} false",
      "GET /v1/playlists/{playlistId} true",
    ]);
    for (const { parameters = [] } of etags)
      expect(parameters.filter(({ name }) => name === "if-none-match")).toHaveLength(1);
    const jobs = operations.filter(({ responses }) => responses["202"]);
    expect(jobs.map(({ responses }) => responses["202"])).toEqual(
      Array(2).fill(expect.objectContaining({ headers: { Location: expect.anything() } })),
    );
  });

  it("has examples with songs of the sample", () => {
    const sample = new Map(generateSample().songs.map((song) => [song.songId, song]));
    const named = [...objectsIn(document)].filter(
      (song) => typeof song["songId"] === "string" && "title" in song && "artist" in song && !("provisional" in song),
    );
    expect(named.length).toBeGreaterThan(20);
    for (const { songId, title, artist } of named)
      expect({ songId, title, artist }).toEqual(sample.get(String(songId)));
  });

  it("is served together with its page", async () => {
    const { app, close } = await createTestService();
    expect((await app.inject("/openapi.json")).json()).toMatchObject({ info: { title: "song2vec" } });
    expect((await app.inject("/docs/")).body).toContain("swagger-ui");
    await close();
  });
});
