import { describe, expect, it } from "vitest";
import { type Overrides, resolveHyperparameters } from "../../src/word2vec/hyperparameters.ts";
import { train } from "../../src/word2vec/train.ts";
import { groupedPlaylists, toPlays } from "../helpers/plays.ts";
import { groupSize, plays, precision } from "./groups.ts";

describe("songs of the same playlists get similar vectors", () => {
  it.each<[string, Overrides]>([
    ["skip-gram, a draw of negatives for each window", {}],
    ["skip-gram, a draw for each block", { negativeSharing: "block" }],
    ["skip-gram, hierarchical softmax", { hs: true }],
    ["CBOW, mean", { sg: false }],
    ["CBOW, sum", { sg: false, cbowMean: false }],
    ["CBOW, hierarchical softmax", { sg: false, hs: true }],
    ["all pairs of a playlist", { window: "playlist" }],
    ["negatives more from rare songs", { nsExponent: -0.5 }],
    ["with subsampling", { sample: 1e-2 }],
  ])("%s", async (_, overrides) => {
    const hyperparameters = resolveHyperparameters("article", { vectorSize: 48, workers: 2, epochs: 10, ...overrides });
    expect(precision(await train({ plays, hyperparameters, variant: "relaxed-simd" }))).toBeGreaterThan(0.98);
  });

  it.each<[string, Overrides]>([
    ["skip-gram", {}],
    ["skip-gram, a draw for each block", { negativeSharing: "block" }],
    ["skip-gram, hierarchical softmax", { hs: true }],
    ["CBOW, mean", { sg: false }],
    ["CBOW, sum", { sg: false, cbowMean: false }],
    ["CBOW, hierarchical softmax", { sg: false, hs: true }],
    ["twelve negatives for each song there is", { negative: 240, vectorSize: 8 }],
  ])("at the maximum learning rate the vectors are not worse than random ones: %s", async (_, overrides) => {
    const lists = toPlays(
      groupedPlaylists({ groups: 1, size: groupSize, playlists: 300, length: 20, seed: 3 }),
      groupSize,
    );
    for (const window of [10, "playlist"] as const) {
      const hyperparameters = resolveHyperparameters("article", {
        vectorSize: 48,
        workers: 1,
        epochs: 3,
        alpha: 1,
        window,
        ...overrides,
      });
      const { lossByEpoch } = await train({ plays: lists, hyperparameters, variant: "relaxed-simd" });
      expect(Math.max(...lossByEpoch)).toBeLessThan((hyperparameters.negative + 1) * Math.LN2);
    }
  });

  it("no block collapses at the maximum learning rate, however many pairs it sums up", async () => {
    const overrides = {
      negativeSharing: "block",
      blockSize: 32,
      blockNegatives: 1,
      negative: 256,
      window: "playlist",
      alpha: 1,
    } as const;
    const trained = await train({
      plays,
      hyperparameters: resolveHyperparameters("article", { vectorSize: 48, workers: 2, epochs: 5, ...overrides }),
      variant: "relaxed-simd",
    });
    expect(trained.input.every(Number.isFinite)).toBe(true);
    expect(trained.output.every(Number.isFinite)).toBe(true);
    expect(Math.max(...trained.lossByEpoch)).toBeLessThan(1e4);
  });
});
