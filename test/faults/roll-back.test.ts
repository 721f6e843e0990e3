import { Agent } from "node:http";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openVersions } from "../../src/model/format/versions.ts";
import { createRandom, integerBelow } from "../../src/word2vec/random.ts";
import { ask, full, percentile, report, within } from "../helpers/built-service.ts";
import { lastingService, send } from "../helpers/lasting-service.ts";
import { publishModel } from "../model/small-models.ts";

const activations = full ? 50 : 6;
const songs = full ? 50_000 : 5000;
const connections = 32;
const vectorSize = full ? 256 : 32;

it(
  "row 11: rolling back and forward under load takes under a second, fails no request, and each answer is of one version",
  async () => {
    const service = await lastingService();
    const random = createRandom(4, 5, 6);
    const versions = await openVersions(join(service.dataDir, "models"));
    for (const version of [1, 2]) {
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
    }
    const { url, port } = await service.start();
    const agent = new Agent({ keepAlive: true, maxSockets: connections });
    let done = false;
    const wrong: unknown[] = [];
    let asked = 0;
    async function client(): Promise<void> {
      while (!done) {
        const { status, body } = await ask(port, `/v1/songs/${asked++ % songs}/similar?limit=3`, { agent });
        const { modelVersion, items } = JSON.parse(body);
        if (status !== 200 || items.some(({ title }: { title: string }) => title !== `of version ${modelVersion}`))
          wrong.push([status, body]);
      }
    }
    const clients = Array.from({ length: connections }, client);
    const milliseconds: number[] = [];
    for (let i = 0; i < activations; i++) {
      const started = performance.now();
      const version = 1 + (i % 2);
      expect((await send(url, `/v1/models/${version}/activate`, "POST")).json).toMatchObject({ version, active: true });
      milliseconds.push(performance.now() - started);
      expect(JSON.parse((await ask(port, "/v1/songs/1", { agent })).body)).toMatchObject({
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
      requests: asked,
      failed: wrong.length,
      "p50 of an activation in ms": percentile(milliseconds, 0.5),
      "slowest in ms": Math.max(...milliseconds),
    });
    expect(wrong).toEqual([]);
    expect(percentile(milliseconds, 0.5)).toBeLessThan(within(1000));
  },
  full ? 600_000 : 120_000,
);
