/**
 * Effect of a retrain on serving: latency before, during and after, errors, versions, and the longest delay of the
 * event loop, measured as the slowest response of /health/live.
 *
 *     npm run bench:retrain -- <playlists.csv.gz> [epochs]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import autocannon from "autocannon";
import { pino } from "pino";
import { startService } from "../../../src/service/service.ts";
import { readConfig } from "../../../src/config.ts";
import { buildApp } from "../../../src/http/app.ts";

const [file, epochs = "2"] = process.argv.slice(2);
if (file === undefined) throw new RangeError("which playlists?");
const folder = mkdtempSync(join(tmpdir(), "song2vec-bench-"));
const config = readConfig({}, { PLAYLISTS: file, DATA_DIR: folder, PRESET: "article", WORKERS: "1" });
const logger = pino({ level: "silent" });
const service = await startService(config, logger);
const app = await buildApp({ version: "0", logger, ...service });
const url = await app.listen({ host: "127.0.0.1", port: 0 });
const overrides = { epochs: Number(epochs) };
const train = async () =>
  (
    await fetch(`${url}/v1/training-jobs`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ hyperparameters: overrides }),
    })
  ).json();
const first = await train();
await service.queue.waitForEnd(first.jobId);

const ids = Array.from(service.activeModel.current()?.model.songs ?? [], ({ id }) => id);
const versions: number[] = [];
const delay = monitorEventLoopDelay({ resolution: 1 });

async function load(phase: string, until: Promise<unknown>) {
  delay.reset();
  delay.enable();
  let sent = 0;
  const result = Promise.withResolvers<autocannon.Result>();
  const run = autocannon(
    {
      url,
      connections: 4,
      duration: 600,
      overallRate: 60,
      requests: [
        {
          setupRequest: (request) => ({
            ...request,
            path: `/v1/songs/${encodeURIComponent(ids[(sent++ * 7919) % ids.length] ?? "")}/similar`,
          }),
          onResponse: (_, body) => {
            const version = Number(/"modelVersion":(\d+)/.exec(body)?.[1]);
            if (versions.at(-1) !== version) versions.push(version);
          },
        },
      ],
    },
    (error, done) => (error ? result.reject(error) : result.resolve(done)),
  );
  void until.then(() => run.stop());
  const { latency, non2xx, errors, requests } = await result.promise;
  delay.disable();
  return {
    phase,
    requests: requests.total,
    "p50 ms": latency.p50,
    "p99 ms": latency.p99,
    "max ms": latency.max,
    errors: errors + non2xx,
    "longest event loop delay ms": Math.round(delay.max / 1e5) / 10,
  };
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));
const before = await load("before", pause(5));
const second = await train();
const during = await load(
  "during",
  service.queue.waitForEnd(second.jobId).then(() => pause(2)),
);
const after = await load("after", pause(5));
console.table([before, during, after]);
console.log(`model versions of the responses, in order:  ${versions.join(", ")}`);
await service.close();
await app.close();
rmSync(folder, { recursive: true });
