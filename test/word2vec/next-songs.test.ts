import { describe, expect, it } from "vitest";
import { kernelVariants } from "../../src/word2vec/kernel/kernel.ts";
import { block, depth, negatives, prepare, temperature } from "../../src/word2vec/next-songs/layout.ts";
import { trainNextSongs } from "../../src/word2vec/next-songs/train.ts";
import { openKernel } from "../../src/word2vec/next-songs/kernel.ts";
import { createRandom } from "../../src/word2vec/random.ts";
import { toPlays } from "../helpers/plays.ts";

const songs = 40;
const random = createRandom(5);
/** Songs follow each other in a circle, from a random start. */
const playlists = Array.from({ length: 400 }, () => {
  const start = Math.floor(random() * songs);
  return Array.from({ length: 2 + Math.floor(random() * 20) }, (_, i) => (start + i) % songs);
});
const plays = toPlays(playlists, songs);
const settings = { nextSongSize: 16, nextSongEpochs: 40, workers: 1, seed: 1 };

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a, (x, i) => x * (b[i] ?? 0)).reduce((s, x) => s + x, 0);
const scaled = (a: readonly number[], factor: number) => a.map((x) => x * factor);
const sum = (a: readonly number[], b: readonly number[]) => a.map((x, i) => x + (b[i] ?? 0));
const unit = (a: readonly number[]) => scaled(a, 1 / Math.sqrt(dot(a, a) + 1e-12));

interface Example {
  /** Distinct songs before the next one, the latest first. */
  readonly history: readonly number[];
  readonly next: number;
}

/** The loss of a step in float64. @param drawn random songs that all examples are compared with */
function lossOf(
  vectors: readonly (readonly number[])[],
  examples: readonly Example[],
  drawn: readonly number[],
  logDraws: ArrayLike<number>,
): number {
  const units = vectors.map(unit);
  const times = new Float64Array(songs);
  for (const song of [...drawn, ...examples.map(({ next }) => next)]) times[song] = (times[song] ?? 0) + 1;
  return examples.reduce((loss, { history, next }) => {
    const query = unit(
      history.map((song, n) => scaled(vectors[song] ?? [], Math.exp(-0.3 * n))).reduce((q, row) => sum(q, row)),
    );
    const scores = units.map((row, song) => dot(query, row) / temperature - (logDraws[song] ?? 0));
    const total = scores.reduce(
      (all, score, song) => all + (song === next ? 1 : (times[song] ?? 0)) * Math.exp(score),
      0,
    );
    return loss + Math.log(total) - (scores[next] ?? 0);
  }, 0);
}

/** All examples in their order. */
const examples: readonly Example[] = playlists.flatMap((list) =>
  list.slice(1).map((next, i) => ({
    history: [...new Set(list.slice(Math.max(0, i + 1 - depth), i + 1).toReversed())],
    next,
  })),
);

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

    const trained = examples.slice(0, block);
    const aliases = new Uint32Array(memory.buffer, addresses.aliases, 2 * songs);
    const draw = createRandom(1, 2, 3);
    const drawn = Array.from({ length: negatives }, () => {
      const row = Math.floor(draw() * songs);
      return draw() * 2 ** 32 < (aliases[2 * row] ?? 0) ? row : (aliases[2 * row + 1] ?? 0);
    });
    const logDraws = new Float32Array(memory.buffer, addresses.logDraws, songs);
    expect(kernel.takeLoss() / lossOf(before, trained, drawn, logDraws)).toBeCloseTo(1, 4);

    // a song that no query contains moves once, along its gradient: AdaGrad's first step has a mean square of rate²
    const inQueries = new Set(trained.flatMap(({ history }) => history));
    const song =
      [...before.keys()].find((row) => !inQueries.has(row) && drawn.filter((one) => one === row).length > 0) ?? 0;
    const gradient = (before[song] ?? []).map((_, d) => {
      const moved = [1e-5, -1e-5].map((by) =>
        lossOf(
          before.map((row, i) => (i === song ? row.map((x, at) => (at === d ? x + by : x)) : row)),
          trained,
          drawn,
          logDraws,
        ),
      );
      return ((moved[1] ?? 0) - (moved[0] ?? 0)) / 2e-5;
    });
    const change = sum(rows()[song] ?? [], scaled(before[song] ?? [], -1));
    expect(dot(unit(change), unit(gradient))).toBeGreaterThan(0.9);
  });
});

describe("training", () => {
  it("predicts the next songs, most by the last one, the same for the same seed", async () => {
    const trained = await trainNextSongs(plays, settings, "simd");
    if (!trained) throw new Error("not trained");
    const { vectors, positions } = trained;
    const rowOf = (song: number) => [...vectors.subarray(song * 16, song * 16 + 16)];
    const hits = examples.filter(({ history, next }) => {
      const query = history.reduce<number[]>(
        (q, song, n) => sum(q, scaled(rowOf(song), positions[n] ?? 0)),
        rowOf(0).fill(0),
      );
      const scores = Array.from({ length: songs }, (_, song) => dot(query, unit(rowOf(song))));
      return scores.filter((score) => score > (scores[next] ?? 0)).length < 3;
    });
    expect(hits.length / examples.length).toBeGreaterThan(0.9);
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
