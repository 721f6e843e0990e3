import { integerBelow } from "../../src/word2vec/random.ts";
import { Agent } from "node:http";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openVersions } from "../../src/model/format/versions.ts";
import { createRandom } from "../../src/word2vec/random.ts";
import { createDataDirectory, type DataDirectory } from "../helpers/built-service.ts";
import { isFull, percentile, report, timeLimit } from "../helpers/fault-form.ts";
import { request } from "../helpers/http.ts";
import { publishModel } from "../model/small-models.ts";

const activations = isFull ? 50 : 6;
const songs = isFull ? 50_000 : 5000;
const connections = 32;
const vectorSize = isFull ? 256 : 32;

/** A data directory with model versions that have the same songs, titled by the version. */
async function withVersions(count: number, songs: number, vectorSize: number): Promise<DataDirectory> {
  const service = await createDataDirectory({ model: "none" });
  const random = createRandom(4, 5, 6);
  const versions = await openVersions(join(service.dataDir, "models"));
  for (let version = 1; version <= count; version++)
    await publishModel(versions, {
      songs: Array.from({ length: songs }, (_, i) => ({
        id: `${i}`,
        count: songs - i,
        title: `of version ${version}`,
      })),
      input: Array.from({ length: songs }, () =>
        Array.from({ length: vectorSize }, () => integerBelow(2001, random) / 1000 - 1),
      ),
    });
  return service;
}

it(
  "row 11: a rollback under load takes under a second, fails no request, and never mixes versions",
  async () => {
    const { port } = await (await withVersions(2, songs, vectorSize)).start();
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    let done = false;
    const wrong: unknown[] = [];
    let sent = 0;
    async function client(): Promise<void> {
      while (!done) {
        const { status, body, json } = await request(port, `/v1/songs/${sent++ % songs}/similar?limit=3`, { agent });
        const { modelVersion, items } = json;
        if (status !== 200 || items.some(({ title }: { title: string }) => title !== `of version ${modelVersion}`))
          wrong.push([status, body]);
      }
    }
    const clients = Array.from({ length: connections }, client);
    const milliseconds: number[] = [];
    for (let i = 0; i < activations; i++) {
      const started = performance.now();
      const version = 1 + (i % 2);
      expect((await request(port, `/v1/models/${version}/activate`, { method: "POST" })).json).toMatchObject({
        version,
        active: true,
      });
      milliseconds.push(performance.now() - started);
      expect((await request(port, "/v1/songs/1", { agent })).json).toMatchObject({
        title: `of version ${version}`,
      });
    }
    done = true;
    await Promise.all(clients);
    agent.destroy();
    report(11, {
      activations,
      songs,
      dimensions: vectorSize,
      requests: sent,
      failed: wrong.length,
      "p50 of an activation in ms": percentile(milliseconds, 0.5),
      "slowest in ms": Math.max(...milliseconds),
    });
    expect(wrong).toEqual([]);
    expect(percentile(milliseconds, 0.5)).toBeLessThan(timeLimit(1000));
  },
  isFull ? 600_000 : 120_000,
);

it("row 11: memory stays constant over many activations of versions that are not in memory", async () => {
  const service = await (await withVersions(3, 20_000, 64)).start();
  const memory: number[] = [];
  for (let i = 0; i < 18; i++) {
    const { status } = await request(service.port, `/v1/models/${1 + (i % 3)}/activate`, { method: "POST" });
    expect(status).toBe(200);
    memory.push(service.memory());
  }
  report(11, { "MiB after each activation": memory.map(Math.round).join(" ") });
  expect(Math.max(...memory.slice(-4))).toBeLessThan(1.15 * Math.max(...memory.slice(4, 8)));
});
