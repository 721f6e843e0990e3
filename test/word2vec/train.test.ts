import { describe, expect, it } from "vitest";
import { holdOut } from "../../src/corpus/holdout.ts";
import { type Overrides, resolveHyperparameters } from "../../src/word2vec/hyperparameters.ts";
import type { Plays } from "../../src/word2vec/kernel/layout.ts";
import { createRandom, integerBelow } from "../../src/word2vec/random.ts";
import { learningRate } from "../../src/word2vec/schedule.ts";
import { type EpochReport, train, type Trained } from "../../src/word2vec/train.ts";
import { toPlays } from "../helpers/plays.ts";
import { plays, precision } from "./groups.ts";

const hyperparameters = (workers: number, epochs = 4) =>
  resolveHyperparameters("article", { vectorSize: 48, workers, epochs });

describe("training", () => {
  it("gives identical vectors with one worker and the same seed", async () => {
    const [first, second, other] = await Promise.all(
      [1, 1, 2].map((seed) =>
        train({ plays, hyperparameters: { ...hyperparameters(1, 2), seed }, variant: "relaxed-simd" }),
      ),
    );
    expect(first?.input).toEqual(second?.input);
    expect(first?.lossByEpoch).toEqual(second?.lossByEpoch);
    expect(first?.lossByEpoch).not.toEqual(other?.lossByEpoch);
    expect(first?.input).not.toEqual(other?.input);
  });

  it.each([1, 2])("lowers the loss from epoch to epoch and finds the groups with %i workers", async (workers) => {
    const reports: EpochReport[] = [];
    const trained = await train({
      plays,
      hyperparameters: hyperparameters(workers),
      variant: "relaxed-simd",
      onEpoch: (report) => reports.push(report),
    });
    expect(reports.map((report) => report.epoch)).toEqual([1, 2, 3, 4]);
    expect(trained.lossByEpoch).toEqual([...trained.lossByEpoch].sort((a, b) => b - a));
    expect(precision(trained)).toBeGreaterThan(0.99);
  });

  it("starts at a loss of 21 · log 2, while the output vectors are zero", async () => {
    const { lossByEpoch } = await train({
      plays,
      hyperparameters: { ...hyperparameters(1, 1), alpha: 1e-9, minAlpha: 1e-9 },
      variant: "relaxed-simd",
    });
    expect(lossByEpoch[0]).toBeGreaterThan(20 * Math.LN2);
    expect(lossByEpoch[0]).toBeLessThanOrEqual(21 * Math.LN2 + 1e-6);
  });

  it("stops within a second of being cancelled", async () => {
    const controller = new AbortController();
    const running = train({
      plays,
      hyperparameters: hyperparameters(2, 10_000),
      variant: "relaxed-simd",
      signal: controller.signal,
      onEpoch: ({ epoch }) => epoch === 2 && controller.abort(),
    });
    await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it("rejects a training that exceeds the memory limit, threads included, before the allocation", async () => {
    const planned: number[] = [];
    const plan = (limit: number) => ({
      measure: async () => 1e9,
      limit,
      onPlan: (bytes: number) => planned.push(bytes),
    });
    const options = { plays, hyperparameters: hyperparameters(2, 1), variant: "relaxed-simd" as const };
    await expect(train({ ...options, memory: plan(1.001e9) })).rejects.toMatchObject({
      code: "TRAINING_TOO_LARGE",
      message: expect.stringContaining("this machine has 0.93 GiB"),
    });
    expect(planned).toEqual([]);
    await train({ ...options, memory: plan(2e9) });
    expect(planned).toHaveLength(1);
    expect(planned[0]).toBeGreaterThan(1e9 + 2 * 200 * 48 * 4);
  });

  it("frees the plays after copying them, with releasePlays", async () => {
    const own = { tokens: plays.tokens.slice(), offsets: plays.offsets.slice(), counts: plays.counts };
    const { lossByEpoch } = await train({
      plays: own,
      hyperparameters: hyperparameters(1, 1),
      variant: "relaxed-simd",
      releasePlays: true,
    });
    expect(lossByEpoch).toEqual(
      (await train({ plays, hyperparameters: hyperparameters(1, 1), variant: "relaxed-simd" })).lossByEpoch,
    );
    expect([own.tokens.length, own.offsets.length, plays.tokens.length > 0]).toEqual([0, 0, true]);
  });
});

describe("early stopping", () => {
  /** Random playlists, so that nothing learned from some of them helps with the others. */
  const random = createRandom(9, 9, 9);
  const chance = toPlays(
    Array.from({ length: 60 }, () => Array.from({ length: 10 }, () => integerBelow(200, random))),
    200,
  );
  const small = (overrides: Overrides) =>
    resolveHyperparameters("article", { vectorSize: 16, workers: 1, epochs: 40, patience: 2, ...overrides });

  /** Trains on the plays that are not held out, with snapshots in memory. */
  async function stopped(all: Plays, overrides: Overrides) {
    const { plays: left, cases } = holdOut(
      all,
      Uint32Array.from({ length: all.offsets.length - 1 }, (_, playlist) => playlist),
      500,
    );
    const saved: Float32Array[][] = [];
    const trained = await train({
      plays: left,
      hyperparameters: small(overrides),
      variant: "relaxed-simd",
      validation: {
        cases,
        snapshots: {
          save: async (matrices) => {
            saved.push(matrices.map((matrix) => matrix.slice()));
          },
          restore: async (matrices) => matrices.forEach((matrix, i) => matrix.set(saved.at(-1)?.[i] ?? [])),
        },
      },
    });
    return { ...trained, cases, saved };
  }

  const best = ({ validationByEpoch }: Trained) => validationByEpoch.indexOf(Math.max(...validationByEpoch)) + 1;

  it("stops a training that overfits random playlists, and restores the best epoch", async () => {
    const trained = await stopped(chance, { alpha: 0.1 });
    expect(trained.lossByEpoch.length).toBeLessThan(40);
    expect(trained.validationByEpoch).toHaveLength(trained.lossByEpoch.length);
    expect(trained.bestEpoch).toBe(best(trained));
    expect(trained.bestEpoch).toBe(trained.lossByEpoch.length - 2);
    expect(trained.input.slice()).toEqual(trained.saved.at(-1)?.[0]);
    expect(trained.output.slice()).toEqual(trained.saved.at(-1)?.[1]);
  });

  it("stops a training whose learning rate is too low", async () => {
    const { lossByEpoch, bestEpoch } = await stopped(plays, { alpha: 1e-12 });
    expect(lossByEpoch.length).toBeLessThan(40);
    expect(bestEpoch).toBe(lossByEpoch.length - 2);
  });

  it("continues while the validation improves, and finds the groups", async () => {
    const trained = await stopped(plays, { epochs: 6, patience: 3, vectorSize: 48, alpha: 0.008 });
    expect(trained.lossByEpoch).toHaveLength(6);
    expect(trained.validationByEpoch[0]).toBeLessThan(0.1);
    expect(trained.validationByEpoch[(trained.bestEpoch ?? 0) - 1]).toBeGreaterThan(0.25);
    expect(precision(trained)).toBeGreaterThan(0.99);
  });

  it("gives identical vectors with one worker and the same seed", async () => {
    const [first, second] = await Promise.all([1, 1].map(() => stopped(chance, { alpha: 0.1 })));
    expect(first?.validationByEpoch).toEqual(second?.validationByEpoch);
    expect(first?.input).toEqual(second?.input);
  });

  it.each([
    ["window", {}],
    ["hierarchical softmax", { hs: true }],
    ["two workers", { workers: 2 }],
  ])("reports a validation figure after every epoch: %s", async (_, overrides) => {
    const { validationByEpoch, lossByEpoch } = await stopped(plays, { epochs: 3, ...overrides });
    expect(lossByEpoch).toHaveLength(3);
    for (const figure of validationByEpoch) expect(figure).toBeGreaterThan(0);
  });

  it("trains all plays for all epochs if patience is 0", async () => {
    const { validationByEpoch, bestEpoch, lossByEpoch, saved } = await stopped(chance, {
      alpha: 0.1,
      patience: 0,
      epochs: 12,
    });
    expect({ validationByEpoch, bestEpoch, saved }).toEqual({ validationByEpoch: [], bestEpoch: null, saved: [] });
    expect(lossByEpoch).toHaveLength(12);
  });
});

describe("the learning rate", () => {
  it("decreases linearly from alpha to minAlpha", () => {
    const rates = [0, 50, 100, 120].map((done) => learningRate({ alpha: 0.1, minAlpha: 0.02 }, done, 100));
    expect(rates).toEqual([0.1, 0.060000000000000005, 0.020000000000000004, 0.02]);
  });
});
