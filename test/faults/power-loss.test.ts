import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createDataDirectory } from "../helpers/built-service.ts";
import { report } from "../helpers/fault-form.ts";
import { followJob, request } from "../helpers/http.ts";
import { childrenOf, until } from "../helpers/process.ts";

function hasStrace(): boolean {
  try {
    execFileSync("strace", ["-c", "true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const calls = [
  "openat",
  "pwrite64",
  "write",
  "fsync",
  "fdatasync",
  "rename",
  "renameat",
  "renameat2",
  "writev",
  "sendto",
];

it.skipIf(!hasStrace())(
  "row 3: playlists are synced before their 2xx, and models before their activation (needs strace)",
  async () => {
    const service = await createDataDirectory();
    const { port, child } = await service.start();
    const trace = join(service.folder, "trace");
    const processes = [child.pid, ...childrenOf(child.pid)].flatMap((pid) => ["-p", `${pid}`]); // and what they start
    const tracer = spawn(
      "strace",
      ["-f", "-y", "-s", "9000", "-e", `trace=${calls.join()}`, "-o", trace, ...processes],
      { stdio: "ignore" },
    );
    onTestFinished(() => void tracer.kill("SIGKILL"));
    const lines = () => readFileSync(trace, "utf8").split("\n");
    const isTracing = async () => {
      await request(port, "/health/live");
      return lines().some((line) => line.includes("HTTP/1.1 200"));
    };
    await until(async () => isTracing().catch(() => false));

    const first = lines().length;
    for (let i = 0; i < 20; i++)
      await until(
        async () =>
          (await request(port, `/v1/playlists/power-${i}`, { method: "PUT", json: { songs: [`song of ${i}`] } }))
            .status === 201,
        10_000,
      ); // a traced service may be busy
    const { json } = await request(port, "/v1/training-jobs", {
      json: {
        hyperparameters: { epochs: 1, vectorSize: 8 },
        activate: "always",
      },
    });
    expect(await followJob(port, json.jobId)).toMatchObject({ state: "succeeded", modelVersion: 2 });
    await until(() => lines().some((line) => line.includes("model activated")));
    const seen = lines().slice(first - 1);

    const responses = seen.flatMap((line, at) => (line.includes("HTTP/1.1 201") ? [at] : []));
    expect(responses).toHaveLength(20);
    let from = 0;
    for (const response of responses) {
      const written = seen.slice(from, response).findIndex((line) => /pwrite64\(\d+<[^>]*song2vec\.db-wal>/.test(line));
      const synced = seen
        .slice(from, response)
        .findLastIndex((line) => /f(data)?sync\(\d+<[^>]*song2vec\.db-wal>\)? /.test(line));
      expect(written).toBeGreaterThanOrEqual(0);
      expect(synced).toBeGreaterThan(written);
      from = response + 1;
    }

    const at = (pattern: RegExp) => seen.findIndex((line) => pattern.test(line));
    const order = [
      at(/fsync\(\d+<[^>]*\.staging-[^>]*songs\.jsonl>/),
      at(/fsync\(\d+<[^>]*\.staging-[^>]*vectors\.safetensors>/),
      at(/fsync\(\d+<[^>]*\.staging-[^>]*model\.json>/),
      at(/fsync\(\d+<[^>]*\.staging-[^/>]*>/),
      at(/rename.*\.staging-.*models\/2"/),
      at(/fsync\(\d+<[^>]*\/models>/),
      at(/model activated/),
    ];
    expect(order.every((place) => place >= 0)).toBe(true);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    report(3, { "playlists in order": responses.length, "publish in order": 1 });
  },
);
