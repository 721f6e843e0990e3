import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { createLauncher, type Launcher } from "../../src/training/launcher.ts";
import { runTrainer } from "../../src/training/trainer-process.ts";
import type { TrainerTask } from "../../src/training/trainer-task.ts";
import { resolveHyperparameters } from "../../src/word2vec/hyperparameters.ts";
import { childrenOf, isAlive, trainersOf, until } from "../helpers/lasting-service.ts";
import { playlistsCsv } from "../helpers/service.ts";

const onLinux = process.platform === "linux";
/** A task that a trainer refuses at once. */
const refused = JSON.parse("{}") as TrainerTask;
const refusal = { code: "INTERNAL" };
const run = (launcher?: Launcher, signal?: AbortSignal) =>
  runTrainer(refused, z.unknown(), () => {}, { launcher, ...(signal && { signal }) });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "song2vec-"));
  await writeFile(join(folder, "playlists.csv"), playlistsCsv());
});
afterAll(() => rm(folder, { recursive: true }));

/** A trainer that trains for hours, at the lowest priority, and rests; with its launcher, and its end. */
async function atRest() {
  const launcher = createLauncher();
  const source = {
    playlists: [join(folder, "playlists.csv")],
    playlistColumn: "Category",
    songColumn: "master_number",
    songIds: "numbers" as const,
  };
  const hyperparameters = resolveHyperparameters("article", { epochs: 1_000_000, vectorSize: 8, workers: 1 });
  const task = {
    train: {
      source,
      hyperparameters,
      warmStart: null,
      staging: join(folder, "staging"),
      trainedBy: "a test",
      sample: false,
    },
  };
  const ended = runTrainer(task, z.unknown(), () => {}, { launcher, niceness: 19 });
  ended.catch(() => {}); // looked at later
  await until(() => trainersOf(process.pid).length > 0, 10_000);
  const [trainer = 0] = trainersOf(process.pid);
  await until(() => isStopped(trainer), 10_000);
  return { launcher, trainer, ended };
}

function isStopped(pid: number): boolean {
  return /^State:\s+T/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

describe.skipIf(!onLinux)("a launcher", () => {
  it("starts one trainer after the other from one process", async () => {
    const launcher = createLauncher();
    launcher.prepare();
    const started = childrenOf(process.pid);
    expect(started).toHaveLength(1);
    for (let i = 0; i < 2; i++) await expect(run(launcher)).rejects.toMatchObject(refusal);
    expect(childrenOf(process.pid)).toEqual(started);
    await launcher.close();
    expect(childrenOf(process.pid)).toEqual([]);
  });

  it("refuses a second one at the same time", async () => {
    const launcher = createLauncher();
    const first = run(launcher);
    await expect(run(launcher)).rejects.toThrow("one trainer at a time");
    await expect(first).rejects.toMatchObject(refusal);
    await launcher.close();
  });

  it("that ends takes its trainer with it, one at rest too, and starts anew for the next", async () => {
    const { launcher, trainer, ended } = await atRest();
    await launcher.close();
    await expect(ended).rejects.toMatchObject({ code: "TRAINER_FAILED" });
    await until(() => !isAlive(trainer), 1000);
    await expect(run(launcher)).rejects.toMatchObject(refusal);
    await launcher.close();
  });

  it("that is killed fails what it had started, which ends too, one at rest too", async () => {
    const { launcher, trainer, ended } = await atRest();
    for (const child of childrenOf(process.pid)) process.kill(child, "SIGKILL");
    await expect(ended).rejects.toMatchObject({
      code: "TRAINER_FAILED",
      message: "The trainer ended without a model: what started it ended with SIGKILL",
    });
    await until(() => !isAlive(trainer), 1000);
    await expect(run(launcher)).rejects.toMatchObject(refusal);
    await launcher.close();
  });

  it("of one trainer ends with it", async () => {
    await expect(run()).rejects.toMatchObject(refusal);
    expect(childrenOf(process.pid)).toEqual([]);
  });

  it("ends a trainer that is cancelled before it has started", async () => {
    await expect(run(undefined, AbortSignal.abort())).rejects.toMatchObject({ code: "CANCELLED" });
  });
});
