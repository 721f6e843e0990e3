import { describe, expect, it } from "vitest";
import { kernelVariants } from "../../src/word2vec/kernel/kernel.ts";
import { block, depth, negatives, prepare, temperature } from "../../src/word2vec/next-songs/layout.ts";
import { trainNextSongs } from "../../src/word2vec/next-songs/train.ts";
import { openKernel } from "../../src/word2vec/next-songs/kernel.ts";
import { createRandom } from "../../src/word2vec/random.ts";
import { toPlays } from "../helpers/plays.ts";

const songs = 40;
const random = createRandom(5);
/** Songs follow each other in a circle, from a random start; every third one is repeated. */
const playlists = Array.from({ length: 400 }, () => {
  const start = Math.floor(random() * songs);
  return Array.from({ length: 2 + Math.floor(random() * 20) }, (_, i) => (start + i - (i % 3 === 2 ? 2 : 0)) % songs);
});
const plays = toPlays(playlists, songs);
const settings = { nextSongSize: 16, nextSongEpochs: 20, workers: 1, seed: 1 };

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (x, i) => x * (b[i] ?? 0)).reduce((s, x) => s + x, 0);
const scaled = (a: readonly number[], factor: number) => a.map((x) => x * factor);
const sum = (a: readonly number[], b: readonly number[]) => a.map((x, i) => x + (b[i] ?? 0));
const unit = (a: readonly number[]) => scaled(a, 1 / Math.sqrt(dot(a, a) + 1e-12));

/** The gradients of the mean loss in the vectors, in float64, for examples and candidates that are given. */
function gradientsOf(
  vectors: readonly number[][],
  weights: readonly number[],
  examples: readonly { readonly history: readonly number[]; readonly next: number }[],
  random: readonly number[],
  logDraws: ArrayLike<number>,
) {
  const candidates = [...examples.map(({ next }) => next), ...random];
  const loss = (all: readonly (readonly number[])[], positions: readonly number[]) =>
    examples.reduce((total, { history, next }, i) => {
      const query = unit(
        history.reduce<number[]>(
          (q, song, n) => sum(q, scaled([...(all[song] ?? [])], positions[n] ?? 0)),
          Array.from({ length: 16 }, () => 0),
        ),
      );
      const scores = candidates.map((song, j) =>
        song === next && j !== i
          ? -Infinity
          : dot(query, unit([...(all[song] ?? [])])) / temperature - (logDraws[song] ?? 0),
      );
      const largest = Math.max(...scores);
      return total - (scores[i] ?? 0) + largest + Math.log(scores.reduce((s, x) => s + Math.exp(x - largest), 0));
    }, 0);
  const step = 1e-5;
  return {
    loss: loss(vectors, weights),
    /** By central differences. */
    of: (song: number) =>
      Array.from({ length: 16 }, (_, d) => {
        const moved = [step, -step].map((by) =>
          loss(
            vectors.map((row, s) => (s === song ? row.map((x, i) => (i === d ? x + by : x)) : row)),
            weights,
          ),
        );
        return -((moved[0] ?? 0) - (moved[1] ?? 0)) / (2 * step);
      }),
  };
}

describe.each(kernelVariants)("kernel %s", (variant) => {
  it("takes the AdaGrad step of the sampled softmax", async () => {
    const prepared = prepare(plays, settings);
    if (!prepared) throw new Error("no examples");
    const { memory, layout } = prepared;
    const { addresses } = layout;
    const view = new Float32Array(memory.buffer, addresses.vectors, songs * 16);
    const rows = () => Array.from({ length: songs }, (_, row) => [...view.subarray(row * 16, row * 16 + 16)]);
    const before = rows();
    const kernel = await openKernel(memory, layout, variant, 0);
    kernel.seed(1, 2, 3);
    kernel.train(0, block, 1, 0, 0.1);

    const examples = listed().slice(0, block);
    const aliases = new Uint32Array(memory.buffer, addresses.aliases, 2 * songs);
    const draw = createRandom(1, 2, 3);
    const drawn = Array.from({ length: negatives }, () => {
      const row = Math.floor(draw() * songs);
      return draw() * 2 ** 32 < (aliases[2 * row] ?? 0) ? row : (aliases[2 * row + 1] ?? 0);
    });
    const weights = Array.from({ length: depth }, (_, n) => Math.exp(-0.3 * n));
    const { loss, of } = gradientsOf(
      before,
      weights,
      examples,
      drawn,
      new Float32Array(memory.buffer, addresses.logDraws, songs),
    );
    expect(kernel.takeLoss() / loss).toBeCloseTo(1, 4);
    const after = rows();
    // AdaGrad divides by the length of all gradients of a row, so the direction of a row's change is compared
    for (const song of [0, 7, 19, 33]) {
      const change = (after[song] ?? []).map((x, i) => x - (before[song]?.[i] ?? 0));
      expect(dot(unit(change), unit(of(song)))).toBeGreaterThan(0.5);
      expect(Math.sqrt(dot(change, change))).toBeGreaterThan(0.01);
    }
  });
});

/** All examples in their order: the distinct songs before each next song, the latest first. */
function listed() {
  return playlists.flatMap((list) =>
    list.slice(1).map((next, i) => ({
      history: [...new Set(list.slice(Math.max(0, i + 1 - depth), i + 1).toReversed())],
      next,
    })),
  );
}

describe("training", () => {
  it("predicts the next songs, most by the last one, the same for the same seed", async () => {
    const trained = await trainNextSongs(plays, settings, "simd");
    if (!trained) throw new Error("not trained");
    const { vectors, positions } = trained;
    const rowOf = (song: number) => [...vectors.subarray(song * 16, song * 16 + 16)];
    const hits = listed().filter(({ history, next }) => {
      const query = history.reduce<number[]>(
        (q, song, n) => sum(q, scaled(rowOf(song), positions[n] ?? 0)),
        rowOf(0).fill(0),
      );
      const scores = Array.from({ length: songs }, (_, song) => dot(query, unit(rowOf(song))));
      return scores.filter((score) => score > (scores[next] ?? 0)).length < 3;
    });
    expect(hits.length / listed().length).toBeGreaterThan(0.9);
    expect(Math.max(...positions)).toBe(1);
    const again = await trainNextSongs(plays, settings, "simd");
    expect(again?.vectors).toEqual(vectors);
    const other = await trainNextSongs(plays, { ...settings, seed: 2 }, "simd");
    expect(other?.vectors).not.toEqual(vectors);
  });

  it("needs a playlist of two songs, and epochs", async () => {
    expect(await trainNextSongs(toPlays([[1], [2], []], 3), settings, "simd")).toBeNull();
    expect(await trainNextSongs(plays, { ...settings, nextSongEpochs: 0 }, "simd")).toBeNull();
  });
});
