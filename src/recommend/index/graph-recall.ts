import { createRandom, integerBelow, type Random } from "../../word2vec/random.ts";
import { noLink } from "../../model/format/graph.ts";
import type { ModelMemory, Slot } from "../../model/memory/layout.ts";
import { openGraph } from "./graph-search.ts";
import { setBit } from "../catalogue/mask.ts";
import { quantiseToInt16 } from "../vectors/quantise-query.ts";
import type { Kernel } from "../vectors/scan.ts";
import { scanForCandidates } from "../vectors/int8-scan.ts";

const recallDepth = 10;
/** Additional candidates of a scan, which quantises the query to seven bits. */
const oversampling = 120;
const maxQueries = 300;
/** Songs of a mean query besides the first. */
const songsPerMean = 4;
/** Number of links from the first song to each other song of a mean query. */
const walkLength = 3;
/** Tried in this order until the target recall is reached. */
const efCandidates = [32, 48, 64, 96, 128, 192, 256, 384, 512];
const targetRecall = 0.98;

/**
 * Finds the smallest ef with a recall@10 of at least 98 % against a scan of int8 vectors, or the largest ef.
 *
 * Half of the queries are evenly spaced songs. The other half are means of such a song and some songs near it, like
 * playlists. Any song with the score of the tenth or better counts as found.
 */
export function measureRecall(model: ModelMemory, kernel: Kernel, seed: number): { efSearch: number; recall: number } {
  const songs = model.quantised.input.factors.length;
  const count = Math.min(songs, maxQueries);
  const random = createRandom(seed);
  const queries = Array.from({ length: count }, (_, i) => {
    const row = Math.floor((i * songs) / count);
    return i % 2 === 0 ? [row] : [row, ...Array.from({ length: songsPerMean }, () => randomWalk(row, model, random))];
  });
  const graph = openGraph(model, kernel);
  const [slot, ...slots] = model.slots;
  const thresholds: number[] = [];
  for (let first = 0; first < count; first += slots.length)
    thresholds.push(...findThresholds(model, kernel, queries.slice(first, first + slots.length), slots));

  function recallAt(ef: number): number {
    let found = 0;
    let expected = 0;
    for (const [i, rows] of queries.entries()) {
      writeMeanQuery(model, rows, slot);
      const size = graph.search(slot, ef);
      clearExclusions(rows, slot);
      const scores = new Float32Array(slot.heap.buffer, slot.heap.byteOffset, 2 * size);
      const reachable = Math.min(recallDepth, songs - new Set(rows).size);
      found += Math.min(reachable, scores.filter((score, at) => at % 2 === 0 && score >= (thresholds[i] ?? 0)).length);
      expected += reachable;
    }
    return expected === 0 ? 1 : found / expected;
  }

  let result = { efSearch: 0, recall: 0 };
  for (const ef of efCandidates) {
    result = { efSearch: ef, recall: recallAt(ef) };
    if (result.recall >= targetRecall) break;
  }
  return result;
}

/** Returns the song at the end of a random walk along links. */
function randomWalk(row: number, { graph, quantised }: ModelMemory, random: Random): number {
  const linksPerSong = (graph?.links.length ?? 0) / quantised.input.factors.length;
  let at = row;
  for (let step = 0; step < walkLength; step++) {
    const links =
      graph?.links.subarray(at * linksPerSong, (at + 1) * linksPerSong).filter((other) => other !== noLink) ?? [];
    at = links[integerBelow(links.length, random)] ?? at;
  }
  return at;
}

/** Returns the score of the tenth song for each query. */
function findThresholds(
  model: ModelMemory,
  kernel: Kernel,
  queries: readonly (readonly number[])[],
  slots: readonly Slot[],
): number[] {
  const {
    quantised: {
      input: { values, factors },
    },
    stride,
  } = model;
  const pending = queries.flatMap((rows, i) =>
    slots.slice(i, i + 1).map((slot) => ({ rows, slot, k: recallDepth + oversampling })),
  );
  for (const { rows, slot } of pending) writeMeanQuery(model, rows, slot);
  const found = scanForCandidates(model, kernel, "input", pending);
  for (const { rows, slot } of pending) clearExclusions(rows, slot);
  return pending.map(({ slot: { heap, rows, rowScores, queryInt16 } }, i) => {
    const size = found[i] ?? 0;
    for (let at = 0; at < size; at++) rows[at] = heap[2 * at + 1] ?? 0;
    kernel.scanRowsQuantised(
      values.byteOffset,
      factors.byteOffset,
      rows.byteOffset,
      size,
      stride,
      queryInt16.byteOffset,
      1,
      rowScores.byteOffset,
    );
    return rowScores.slice(0, size).sort().at(-Math.min(recallDepth, size)) ?? 0;
  });
}

/** Writes the mean of songs as a query into a slot, and excludes these songs. */
function writeMeanQuery(
  {
    quantised: {
      input: { values, factors },
    },
    stride,
  }: ModelMemory,
  rows: readonly number[],
  { query, queryInt16, excluded }: Slot,
): void {
  query.fill(0);
  for (const row of rows) {
    const factor = factors[row] ?? 0;
    for (let i = 0; i < stride; i++) query[i] = (query[i] ?? 0) + factor * (values[row * stride + i] ?? 0);
    setBit(excluded, row);
  }
  quantiseToInt16({ query, queryInt16 });
}

function clearExclusions(rows: readonly number[], { excluded }: Slot): void {
  for (const row of rows) excluded[row >> 3] = 0;
}
