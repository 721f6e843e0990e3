import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openVersions } from "../../../src/model/format/versions.ts";
import type { TrainingEvent } from "../../../src/training/pipeline/events.ts";
import { superviseTraining } from "../../../src/training/process/supervisor.ts";
import { type Overrides, resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { writeMemoryCorpus } from "../../bench/training/memory-corpus.ts";
import { temporaryFolder } from "../../model/small-models.ts";

/** Relative to the measured peak. */
const tolerance = 0.1;

describe("the memory of a training", () => {
  it.each<[string, Overrides]>([
    ["one thread", {}],
    ["three threads, and plays held out", { workers: 3, patience: 1 }],
    ["hierarchical softmax", { hs: true }],
  ])("is predicted within 10 %: %s", async (_, overrides) => {
    const folder = await temporaryFolder();
    const file = join(folder, "playlists.csv");
    writeMemoryCorpus(file, { songs: 30_000, plays: 150_000 });
    const source = {
      playlists: [file],
      playlistColumn: "Category",
      songColumn: "master_number",
      songIds: "numbers" as const,
    };
    const hyperparameters = resolveHyperparameters("article", { workers: 1, epochs: 1, negative: 5, ...overrides });
    const versions = await openVersions(join(folder, "models"));
    const events: TrainingEvent[] = [];
    const { version, summary } = await superviseTraining({
      task: { source, hyperparameters, trainedBy: "a test", sample: false },
      versions,
      onEvent: (event) => events.push(event),
    });
    const { predictedMemoryMB, peakMemoryMB } = summary;
    expect(Math.abs(predictedMemoryMB - peakMemoryMB)).toBeLessThan(tolerance * peakMemoryMB);
    expect(events.find(({ type }) => type === "memory")).toEqual({ type: "memory", predictedMB: predictedMemoryMB });
    const { manifest } = await versions.find(version);
    expect(manifest.predictedMemoryMB).toBe(predictedMemoryMB);
    expect(manifest.peakMemoryMB).toBeLessThanOrEqual(peakMemoryMB);
  });
});
