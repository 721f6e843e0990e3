import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { openVersions, type Versions } from "../../../src/model/format/versions.ts";
import { superviseTuning } from "../../../src/training/tuning/supervise-tuning.ts";
import { selectResult, type Trial, type TuningEvent } from "../../../src/training/tuning/tuning.ts";
import { trainingShares } from "../../../src/training/tuning/tune.ts";
import { resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { useFolder } from "../../helpers/folder.ts";
import { timeLimit } from "../../helpers/fault-form.ts";
import { listsCsv, ringPlaylists } from "../../helpers/ring-playlists.ts";

const at = useFolder();

let file: string;
let versions: Versions;

beforeAll(async () => {
  file = at("lists.csv");
  await writeFile(file, listsCsv(ringPlaylists({ count: 3000, size: 20, length: 6 })));
  versions = await openVersions(at("models"));
});

async function tune(
  minutes: number,
  { most, epochs = 1, signal }: { most: number | null; epochs?: number; signal?: AbortSignal },
) {
  const base = resolveHyperparameters("tuned", { vectorSize: 8, workers: 1, epochs, holdOut: 200 });
  const events: TuningEvent[] = [];
  const result = superviseTuning({
    task: {
      source: { playlists: [file], playlistColumn: "Category", songColumn: "master_number", songIds: "numbers" },
      base,
      most,
      seed: 3,
    },
    given: { epochs },
    minutes,
    versions,
    ...(signal && { signal }),
    onEvent: (event) => events.push(event),
  });
  const trials = () => events.filter((event) => event.type === "trial").map(({ trial }) => ({ ...trial, seconds: 0 }));
  return { result, trials };
}

/** Seconds for some trials: half the duration of the first test. */
let seconds = 15;

describe("tuning", () => {
  it("evaluates candidates on a third of the playlists and the best on all, and leaves no files", async () => {
    const started = performance.now();
    const [one, other] = [await tune(5, { most: 6 }), await tune(5, { most: 6 })];
    const [first, second] = [await one.result, await other.result];
    seconds = Math.ceil((performance.now() - started) / 2000);
    expect(one.trials().map(({ trial, share }) => [trial, share])).toEqual([
      ...[1, 2, 3, 4, 5, 6].map((trial) => [trial, 1 / 3]),
      [1, 1],
      [expect.any(Number), 1],
    ]);
    expect(one.trials()[0]).toMatchObject({
      overrides: {},
      epochs: 1,
      gain: 0,
      context: expect.any(Number),
      problem: null,
    });
    expect(second).toEqual(first);
    expect(other.trials()).toEqual(one.trials());
    expect(first).toMatchObject({ share: 1, trials: 8, hyperparameters: { epochs: expect.any(Number) } });
    expect(await readdir(join(file, "../models"))).toEqual([]);
  });

  it("ends at its deadline with the best result so far", async () => {
    const started = performance.now();
    const { result, trials } = await tune(seconds / 60, { most: null });
    expect((await result).trials).toBe(trials().length);
    expect(performance.now() - started).toBeLessThan(1000 * seconds + timeLimit(2000));
    expect(trials().length).toBeGreaterThan(1);
  });

  it("fails if there was no time for the preset, and ends when it is cancelled", async () => {
    await expect((await tune(0.02, { most: null, epochs: 10_000 })).result).rejects.toMatchObject({
      code: "TUNING_TOO_SHORT",
    });
    await expect(
      (await tune(5, { most: null, epochs: 10_000, signal: AbortSignal.timeout(1000) })).result,
    ).rejects.toMatchObject({ code: "CANCELLED" });
    expect(await readdir(join(file, "../models"))).toEqual([]);
  });
});

describe("the rounds", () => {
  it("are limited by the number of playlists and the plays per song", () => {
    expect(trainingShares(900, 30)).toEqual([1]);
    expect(trainingShares(5000, 14)).toEqual([1 / 3, 1]);
    expect(trainingShares(112_000, 16)).toEqual([1 / 9, 1 / 3, 1].map((share) => expect.closeTo(share)));
    expect(trainingShares(1e7, 1e3)).toHaveLength(4);
  });
});

describe("the result", () => {
  const trial = (number: number, share: number, gain: number, gainError: number): Trial => ({
    trial: number,
    overrides: number === 1 ? {} : { window: number },
    share,
    plays: 9,
    epochs: 1,
    seconds: 1,
    figure: 0.1 + gain,
    standardError: 0.01,
    context: 0.05,
    gain,
    gainError,
    problem: null,
  });
  const preset = (share: number) => trial(1, share, 0, 0);

  it("is the best trial on the largest share, with the client's overrides", () => {
    const trials = [
      preset(1 / 3),
      trial(2, 1 / 3, 0.09, 0.01),
      trial(3, 1 / 3, 0.05, 0.01),
      preset(1),
      trial(2, 1, 0.02, 0.01),
      trial(3, 1, 0.03, 0.01),
    ];
    expect(selectResult(trials, { epochs: 7 })).toEqual({
      hyperparameters: { epochs: 7, window: 3 },
      trial: 3,
      share: 1,
      figure: 0.13,
      standardError: 0.01,
      gain: 0.03,
      gainError: 0.01,
      trials: 6,
    });
  });

  it("is the preset if the gain is within its standard error", () => {
    expect(selectResult([preset(1), trial(2, 1, 0.009, 0.01)], { epochs: 7 })).toMatchObject({
      hyperparameters: { epochs: 7 },
      trial: 1,
      gain: 0,
    });
  });

  it("is that of a smaller share if there was no time for another trial on all playlists", () => {
    expect(selectResult([preset(1 / 3), trial(2, 1 / 3, 0.03, 0.01), preset(1)], {})).toMatchObject({
      trial: 2,
      share: 1 / 3,
    });
  });

  it("is null if not even the preset was evaluated", () => {
    expect(selectResult([], {})).toBeNull();
  });
});
