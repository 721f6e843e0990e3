import { readdir, readFile, readlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExportFormat, exportFormats } from "../../../src/model/interchange/export.ts";
import { openVersions, type Versions } from "../../../src/model/format/versions.ts";
import { createTestService, type TestService } from "../../helpers/service.ts";
import { exportToBuffer } from "../../model/interchange/exports.ts";
import { fourSongs, publishModel } from "../../model/small-models.ts";

let test: TestService;
let versions: Versions;
let models: string;

beforeAll(async () => {
  test = await createTestService();
  models = join(test.folder, "data/models");
  versions = await openVersions(models);
  await publishModel(versions, { ...fourSongs, output: null });
  const songs = Array.from({ length: 5000 }, (_, row) => ({ id: `song ${row}`, count: 1 }));
  await publishModel(versions, {
    songs,
    input: songs.map((_, row) => Array.from({ length: 256 }, (_unused, d) => Math.sin(row + d))),
  });
  await publishModel(versions, {
    songs,
    input: songs.map((_, row) => Array.from({ length: 256 }, (_unused, d) => Math.sin(row + d))),
  });
  await publishModel(versions, fourSongs);
  const damaged = join(models, "3/vectors.safetensors");
  const bytes = await readFile(damaged);
  await writeFile(damaged, bytes.with(bytes.length - 5, 1));
  await test.service.begin();
  await test.app.listen({ host: "127.0.0.1", port: 0 });
});
afterAll(() => test.close());

const get = (url: string) => test.app.inject({ url });
const formats = Object.keys(exportFormats).filter((name): name is ExportFormat => name in exportFormats);

function port(): number | undefined {
  const address: AddressInfo | string | null = test.app.server.address();
  return typeof address === "object" ? address?.port : undefined;
}

/** Starts a client that stops reading after the first bytes. @returns a function that ends it */
function stall(path: string, onStarted: () => void): () => void {
  const sent = request({ host: "127.0.0.1", port: port(), path }, (response) => {
    response.on("error", () => {});
    response.once("readable", onStarted);
  });
  sent.end();
  return () => sent.destroy();
}

/** The received part of the response, and whether it is complete. */
function download(
  path: string,
  onData: (received: number) => boolean = () => true,
): Promise<{ received: number; complete: boolean }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: port(), path }, (response) => {
      let received = 0;
      response.on("data", (chunk: Buffer) => {
        received += chunk.length;
        if (!onData(received)) sent.destroy();
      });
      response.on("error", () => {});
      response.on("close", () => resolve({ received, complete: response.complete }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("the export of a model version", () => {
  it.each(formats)("as %s equals the output of the command, with its media type and a file name", async (format) => {
    const response = await get(`/v1/models/4/export?format=${format}`);
    expect(response.statusCode).toBe(200);
    expect(response.headers["content-type"]).toBe(exportFormats[format].mediaType);
    expect(response.headers["content-disposition"]).toBe(
      `attachment; filename="model-4-${exportFormats[format].file}"`,
    );
    expect(response.rawPayload.equals(await exportToBuffer(versions, { format }, 4))).toBe(true);
  });

  it("accepts the vectors and the number of songs", async () => {
    expect((await get("/v1/models/4/export?format=word2vec-text&vectors=output&limit=2")).body).toBe(
      "2 2\na 0 1\nb 1 1\n",
    );
  });

  it("of several megabytes is complete", async () => {
    const expected = (await exportToBuffer(versions, { format: "word2vec-text" }, 2)).length;
    expect(await download("/v1/models/2/export?format=word2vec-text")).toEqual({ received: expected, complete: true });
  });

  it("of a corrupt version is cut off before its end", async () => {
    const { received, complete } = await download("/v1/models/3/export?format=word2vec-binary");
    expect(complete).toBe(false);
    expect(received).toBeGreaterThan(0);
    expect(await get("/v1/models/4/export?format=word2vec-text")).toMatchObject({ statusCode: 200 });
  });

  it.skipIf(process.platform !== "linux")("closes its files when the client goes away", async () => {
    const openFiles = async () => {
      const paths = await Promise.all(
        (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
      );
      return paths.filter((path) => path.startsWith(models)).length;
    };
    const { complete } = await download("/v1/models/2/export?format=word2vec-text", (received) => received < 100_000);
    expect(complete).toBe(false);
    await expect.poll(openFiles).toBe(0);
  });

  it("is rejected while eight are running, until one of them ends", async () => {
    const started = Array.from({ length: 8 }, () => Promise.withResolvers<void>());
    const stalled = started.map(({ resolve }) => stall("/v1/models/2/export?format=word2vec-text", resolve));
    await Promise.all(started.map(({ promise }) => promise));
    const refused = await get("/v1/models/4/export?format=projector");
    expect(refused.json()).toMatchObject({ status: 503, code: "TOO_MANY_EXPORTS" });
    expect(refused.headers["retry-after"]).toBe("1");
    for (const leave of stalled) leave();
    await expect.poll(async () => (await get("/v1/models/4/export?format=projector")).statusCode).toBe(200);
  });

  it("has no HEAD route, which would read the model for nothing", async () => {
    expect((await test.app.inject({ method: "HEAD", url: "/v1/models/4/export?format=projector" })).statusCode).toBe(
      405,
    );
  });

  it.each([
    ["an unknown version", "99/export?format=projector", 404, "MODEL_NOT_FOUND"],
    ["a path as a version", "..%2f..%2fetc/export?format=projector", 400, "VALIDATION_FAILED"],
    ["no format", "1/export", 400, "VALIDATION_FAILED"],
    ["an unknown format", "1/export?format=csv", 400, "VALIDATION_FAILED"],
    ["limit 0", "1/export?format=projector&limit=0", 400, "VALIDATION_FAILED"],
    ["output vectors that are not there", "1/export?format=projector&vectors=output", 422, "EXPORT_IMPOSSIBLE"],
    ["a part of a safetensors file", "1/export?format=safetensors&limit=1", 422, "EXPORT_IMPOSSIBLE"],
  ])("is refused for %s", async (_, path, status, code) => {
    expect((await get(`/v1/models/${path}`)).json()).toMatchObject({ status, code });
  });
});
