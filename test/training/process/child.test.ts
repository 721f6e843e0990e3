import { writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type ChildOptions, runInChild } from "../../../src/training/process/child.ts";
import { resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { useFolder } from "../../helpers/folder.ts";
import { childrenOf, isAlive, until } from "../../helpers/process.ts";
import { playlistsCsv } from "../../helpers/playlists.ts";

const at = useFolder();

const entry = new URL("../../../src/training/process/trainer.ts", import.meta.url);
/** A task that a trainer rejects immediately. */
const refused = { entry, task: {}, events: z.unknown(), onEvent: () => {} };

beforeAll(async () => {
  await writeFile(at("playlists.csv"), playlistsCsv());
});

/** A training that takes hours. */
function train(onEvent: (event: unknown) => void, options: ChildOptions, events: z.ZodType = z.unknown()) {
  const source = {
    playlists: [at("playlists.csv")],
    playlistColumn: "Category",
    songColumn: "master_number",
    songIds: "numbers" as const,
  };
  const hyperparameters = resolveHyperparameters("article", { epochs: 10_000, vectorSize: 8, workers: 1 });
  const task = {
    source,
    hyperparameters,
    warmStart: null,
    staging: at("staging"),
    trainedBy: "a test",
    sample: false,
  };
  return runInChild({ entry, task, events, onEvent }, options);
}

describe("a trainer", () => {
  it("that reports an error fails with it, and exits", async () => {
    await expect(runInChild(refused, {})).rejects.toMatchObject({ code: "INTERNAL" });
    expect(childrenOf(process.pid)).toEqual([]);
  });

  it("that is cancelled before its start does not start", async () => {
    const options = { signal: AbortSignal.abort() };
    await expect(runInChild(refused, options)).rejects.toMatchObject({ code: "CANCELLED" });
    expect(childrenOf(process.pid)).toEqual([]);
  });

  it("that is cancelled has exited when the promise rejects", async () => {
    const controller = new AbortController();
    const ended = train(() => controller.abort(), { signal: controller.signal, niceness: 19 });
    await expect(ended).rejects.toMatchObject({ code: "CANCELLED" });
    expect(childrenOf(process.pid)).toEqual([]);
  });

  it("that is killed fails with the signal", async () => {
    const ended = train(() => childrenOf(process.pid).forEach((child) => process.kill(child, "SIGKILL")), {});
    await expect(ended).rejects.toMatchObject({
      code: "TRAINER_FAILED",
      message: "Trainer process failed: killed by SIGKILL",
    });
  });

  it.each([
    ["a message outside the schema", z.object({ type: z.literal("nothing of the kind") }), () => {}],
    [
      "a message that the listener throws on",
      z.unknown(),
      () => {
        throw new TypeError("a broken listener");
      },
    ],
  ])("that sends %s fails and is killed, without other effects", async (_, schema, onEvent) => {
    const ended = train(onEvent, {}, schema);
    const children: number[] = [];
    await until(() => children.push(...childrenOf(process.pid)) > 0);
    await expect(ended).rejects.toMatchObject({
      code: "TRAINER_FAILED",
      message: "Trainer process failed: invalid message",
    });
    expect(children.filter(isAlive)).toEqual([]);
  });
});
