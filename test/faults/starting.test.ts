import { spawnSync } from "node:child_process";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, type TestContext, vi } from "vitest";
import { settings } from "../../src/config.ts";
import { createDataDirectory } from "../helpers/built-service.ts";
import { callCommand } from "../helpers/command.ts";
import { report, timeLimit } from "../helpers/fault-form.ts";
import { request, requestServed } from "../helpers/http.ts";
import { childrenOf, main, type Running, startCommand, startExecutable, until, waitFor } from "../helpers/process.ts";
import { temporaryFolder } from "../model/small-models.ts";

function ending(running: Running, onEnd: TestContext["onTestFinished"] = onTestFinished): Running {
  onEnd(async () => {
    running.child.kill("SIGKILL");
    await running.ended;
  });
  return running;
}

describe("row 32: an invalid setting", () => {
  const wrong: Record<string, string> = {
    HOST: "http://songs.example",
    PORT: "many",
    BASE_PATH: "https://songs.example/music",
    LOG_LEVEL: "loud",
    LOG_FORMAT: "xml",
    PLAYLISTS: "-",
    SONG_IDS: "letters",
    USER_COLUMN: "user",
    TIME_COLUMN: "time",
    TIME_ZONE: "Seoul",
    SESSION_GAP: "0",
    HEADER: "maybe",
    ENCODING: "hangul",
    MOST_SONGS_LOST: "2",
    PRESET: "best",
    HYPERPARAMETERS: '{"window":0}',
    KEEP_VECTORS: "some",
    INDEX: "faiss",
    WORKERS: "0",
    API_KEYS: "bogus",
    API_KEYS_FILE: "/dev/null",
    CORS_ORIGINS: "everybody",
    TRUSTED_PROXIES: "the one in front",
    RATE_LIMIT: "0",
    REQUEST_SECONDS: "soon",
    DRAIN_SECONDS: "60",
    KEEP_MODELS: "1",
    RETRAIN_CRON: "every night",
    RETRAIN_AFTER: "a few",
    TRAINING_DEADLINE: "0",
  };
  /** Names of files, folders, columns and artists, which are checked on use. */
  const free = ["DATA_DIR", "CATALOGUE", "PLAYLIST_COLUMN", "SONG_COLUMN", "COMPILATION_ARTISTS"];

  it("is tested for every setting", () => {
    const all = Object.values(settings).map(({ env }) => env);
    expect([...Object.keys(wrong), ...free].toSorted()).toEqual(all.toSorted());
  });

  const named = (name: string) => new RegExp(`^song2vec: [^\\n]*\\b${name}\\b[^\\n]*\\n[^\\n]+\\n$`);

  it.each(Object.entries(wrong))(
    "%s=%s exits with 1 and two lines, problem and advice, before anything starts",
    async (name, value) => {
      const folder = await temporaryFolder();
      for (const [key, text] of Object.entries({ PORT: "0", DATA_DIR: join(folder, "data"), [name]: value }))
        vi.stubEnv(key, text);
      const outcome = await callCommand(["serve"]);
      vi.unstubAllEnvs();
      expect(outcome).toEqual({ code: 1, output: "", errors: expect.stringMatching(named(name)) });
      expect(await readdir(folder)).toEqual([]);
    },
  );

  it("ends the process within a second", async () => {
    const started = performance.now();
    const running = ending(startCommand(["serve"], { DATA_DIR: await temporaryFolder(), PORT: "many" }));
    expect(await running.ended).toBe(1);
    const milliseconds = performance.now() - started;
    report(32, { "ended after ms": milliseconds });
    expect(running.errors()).toMatch(named("PORT"));
    expect(milliseconds).toBeLessThan(timeLimit(1000));
  });
});

describe("an error after the data directory was opened", () => {
  it.each([
    ["a host that is none", { HOST: "256.256.256.256", API_KEYS: "admin:key" }, /Cannot listen on 256\.256\.256\.256/],
    [
      "a data directory that cannot be created",
      { DATA_DIR: "/proc/song2vec/data" },
      /Cannot write to the data directory/,
    ],
    ["no file of keys", { API_KEYS_FILE: "/nowhere/keys.txt" }, /Cannot read API_KEYS_FILE/],
    ["every address as proxy", { TRUSTED_PROXIES: "0.0.0.0/0" }, /TRUSTED_PROXIES/],
  ])("ends the start with 1: %s", async (_, environment, message) => {
    const folder = await temporaryFolder();
    const running = ending(startCommand(["serve"], { PORT: "0", DATA_DIR: folder, ...environment }));
    expect(await running.ended).toBe(1);
    expect(running.errors()).toMatch(message);
    expect(running.errors()).not.toMatch(/\n\s+at /);
  });

  it("exits if it is unexpected too, and the next start can open the directory", async () => {
    const service = await createDataDirectory();
    await mkdir(join(service.dataDir, "admin-key.sha256"), { recursive: true });
    const environment = { PORT: "0", DATA_DIR: service.dataDir, HOST: "0.0.0.0" };
    expect(await ending(startCommand(["serve"], environment)).ended).toBe(1);
    await (await service.start()).kill("SIGTERM");
  });

  it("does not delay SIGTERM while another server has the directory", async () => {
    const service = await createDataDirectory();
    await service.start();
    const second = ending(startCommand(["serve"], { PORT: "0", DATA_DIR: service.dataDir }));
    await waitFor(second, /data directory in use, waiting/);
    const started = performance.now();
    second.child.kill("SIGTERM");
    expect(await second.ended).toBe(0);
    expect(performance.now() - started).toBeLessThan(timeLimit(2000));
  });
});

describe.concurrent("row 31: a start while the old server drains", () => {
  it("waits for it, logs that once, and serves", async ({ onTestFinished: onEnd }) => {
    const service = await createDataDirectory({}, onEnd);
    const first = await service.start({ DRAIN_SECONDS: "6" });
    first.child.kill("SIGTERM");
    const second = await service.start({ PORT: String(first.port) });
    expect(await first.ended).toBe(0);
    expect(second.output().match(/data directory in use, waiting/g)).toHaveLength(1);
    expect((await request(second.port, "/health/ready")).status).toBe(200);
    report(31, { "ready after ms": second.readyAfter });
  });

  it("fails after 15 s if the other server keeps running", async ({ onTestFinished: onEnd }) => {
    const service = await createDataDirectory({}, onEnd);
    await service.start();
    const started = performance.now();
    const second = ending(startCommand(["serve"], { PORT: "0", DATA_DIR: service.dataDir }), onEnd);
    expect(await second.ended).toBe(1);
    const seconds = (performance.now() - started) / 1000;
    expect(second.errors()).toBe(
      `song2vec: Data directory ${service.dataDir} is in use by another server.\nStop that server or set ` +
        `another DATA_DIR.\n`,
    );
    expect(seconds).toBeGreaterThan(15);
    expect(seconds).toBeLessThan(15 + timeLimit(1));
  });
});

/** Separate process id namespaces, as in containers that share a volume. */
const unshare = ["--pid", "--fork", "--mount-proc", "--kill-child"];
const possible = spawnSync("unshare", [...unshare, "true"]).status === 0;

describe.skipIf(!possible)("a training in another container", () => {
  it("keeps its staging folder while other processes start on the data directory, and publishes", async () => {
    const service = await createDataDirectory();
    const trigger = join(service.folder, "go");
    const waiting = join(service.folder, "waiting.mjs");
    await writeFile(
      waiting,
      `import { existsSync } from 'node:fs';
      if (process.argv[1]?.endsWith('trainer.js'))
        process.prependListener('message', () => { while (!existsSync(${JSON.stringify(trigger)})); });`,
    );
    const settings = { DATA_DIR: service.dataDir, PLAYLISTS: service.playlists, WORKERS: "1" };
    const command = [process.execPath, main, "train", "--preset", "article", "--epochs", "1"];
    const training = ending(
      startExecutable("unshare", [...unshare, ...command], { ...settings, NODE_OPTIONS: `--import=${waiting}` }),
    );
    const staging = async () =>
      (await readdir(join(service.dataDir, "models"))).filter((name) => /^\.staging-\w+$/.test(name));
    await until(async () => (await staging()).length === 1);
    await (await service.start()).kill("SIGTERM");
    const other = startCommand(["evaluate", "--data-dir", service.dataDir]);
    await ending(other).ended;
    expect(await staging()).toHaveLength(1);
    await writeFile(trigger, "");
    expect(await training.ended).toBe(0);
    expect(training.errors()).toContain("model version 2:");
    expect(await staging()).toEqual([]);
  });

  it("that was killed leaves a staging folder that the next server removes", async () => {
    const service = await createDataDirectory();
    const served = await service.start();
    await requestServed(served.port, "/v1/training-jobs", { json: { hyperparameters: { epochs: 10_000 } } });
    await until(() => childrenOf(served.child.pid).length > 0);
    await served.kill();
    const again = await service.start();
    const names = await readdir(join(service.dataDir, "models"));
    expect(names.filter((name) => name.startsWith(".staging")).length).toBeLessThanOrEqual(2); // of the repeated job
    await again.kill("SIGTERM");
    expect(await readdir(join(service.dataDir, "models"))).toEqual(["1"]);
  });
});
