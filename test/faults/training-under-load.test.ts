import { writeFile } from "node:fs/promises";
import { Agent } from "node:http";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type BuiltService, startBuiltService } from "../helpers/built-service.ts";
import { isFull, percentile, report, timeLimit } from "../helpers/fault-form.ts";
import { measureLatencies, request, requestServed } from "../helpers/http.ts";
import { temporaryFolder } from "../model/small-models.ts";

/** Starts a training. @returns its job once it has ended */
async function train(
  { port }: BuiltService,
  hyperparameters: object,
): Promise<{ state: string; error: { code: string; message: string } | null; modelVersion: number | null }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { body, status, json } = await requestServed(port, "/v1/training-jobs", { json: { hyperparameters }, agent });
  expect(status, body).toBe(202);
  for (;;) {
    const { json: job } = await requestServed(port, `/v1/training-jobs/${json.jobId}`, { agent });
    if (job.endedAt === null) {
      await setTimeout(50);
      continue;
    }
    agent.destroy();
    return job;
  }
}

describe("row 7: a trainer that runs out of memory", () => {
  it.each([
    ["an array", "const held = []; for (;;) held.push(new Array(1000).fill({}))"],
    ["a Map", "const held = new Map(); for (let i = 0; ; i++) held.set(`${i}`, { i })"],
  ])("growing %s fails its job with the reason, and no request", async (what, growing) => {
    const inTrainer =
      "if (process.argv[1]?.endsWith('trainer.js')) " +
      `process.once('message', () => setImmediate(() => { ${growing} }))`;
    const service = await startBuiltService({
      environment: {
        NODE_OPTIONS:
          `--max-old-space-size=128 --import ` +
          `data:text/javascript,${encodeURIComponent(inTrainer).replaceAll("'", "%27")}`,
      },
    });
    const { result, latencies, failed } = await measureLatencies(
      service.port,
      "/v1/songs/1/similar",
      train(service, { epochs: 10_000 }),
    );
    report(7, { growing: what, probes: latencies.length, failed, "longest ms": Math.max(...latencies) });
    expect(result).toMatchObject({
      state: "failed",
      error: { code: "TRAINER_FAILED", message: expect.stringContaining("out of memory") },
    });
    expect(failed).toBe(0);
    expect(Math.max(...latencies)).toBeLessThan(timeLimit(100));
  });
});

describe("row 14: probes while training", () => {
  it(
    "get responses without delay",
    async () => {
      const csv = [
        "Category,master_number",
        ...Array.from({ length: isFull ? 300_000 : 10_000 }, (_, i) => `${Math.floor(i / 20)},${(i * 7919) % 2000}`),
      ].join("\n");
      const playlists = join(await temporaryFolder(), "playlists.csv");
      await writeFile(playlists, csv);
      const service = await startBuiltService({ environment: { PLAYLISTS: playlists, PRESET: "tuned", WORKERS: "2" } });
      const { result, latencies, failed } = await measureLatencies(
        service.port,
        "/health/live",
        train(service, { epochs: isFull ? 20 : 1, patience: 0 }),
      );
      report(14, {
        probes: latencies.length,
        failed,
        "p99 ms": percentile(latencies, 0.99),
        "longest ms": Math.max(...latencies),
      });
      expect(result).toMatchObject({ state: "succeeded", modelVersion: 2 });
      expect(failed).toBe(0);
      expect(percentile(latencies, 0.99)).toBeLessThan(timeLimit(150));
    },
    isFull ? 900_000 : 120_000,
  );
});

describe("row 11: swaps under load", () => {
  it(
    "fail no request; each response is of one version, and versions never go back",
    async () => {
      const connections = isFull ? 32 : 4;
      const swaps = isFull ? 50 : 2;
      const service = await startBuiltService({ model: "trained" });
      let done = false;
      const load = async (until: () => boolean) => {
        const latencies: number[] = [];
        const wrong: unknown[] = [];
        const client = async () => {
          const agent = new Agent({ keepAlive: true, maxSockets: 1 });
          let version = 0;
          while (!until()) {
            const { status, body, json, milliseconds } = await request(service.port, "/v1/songs/1/similar", { agent });
            const { modelVersion, items } = json;
            if (status !== 200 || modelVersion < version || items.length !== 10)
              wrong.push([status, modelVersion, version, body.slice(0, 200)]);
            version = modelVersion;
            latencies.push(milliseconds);
            if (!isFull) await setTimeout(5); // leaves processor time for the low-priority trainer
          }
          agent.destroy();
        };
        await Promise.all(Array.from({ length: connections }, client));
        return { latencies, wrong };
      };
      const swap = () => train(service, { epochs: 1, patience: 0 });
      const start = performance.now();
      const before = await load(() => performance.now() - start > 2000);
      expect((await swap()).state).toBe("succeeded");
      const during = load(() => done);
      const memory: number[] = [];
      for (let i = 0; i < swaps; i++) {
        expect((await swap()).modelVersion).toBe(i + 3);
        memory.push(service.memory());
      }
      done = true;
      const { latencies, wrong } = await during;
      report(11, {
        swaps,
        connections,
        responses: latencies.length,
        wrong: wrong.length,
        "p99 ms before": percentile(before.latencies, 0.99),
        during: percentile(latencies, 0.99),
        "MiB after each swap": memory
          .filter((_, i) => i % 5 === 4)
          .map(Math.round)
          .join(" "),
      });
      expect([...before.wrong, ...wrong]).toEqual([]);
      if (isFull) expect(Math.max(...memory.slice(-5))).toBeLessThan(1.15 * Math.max(...memory.slice(5, 15)));
    },
    isFull ? 900_000 : 120_000,
  );
});
