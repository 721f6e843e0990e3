import { createRandom, integerBelow, type Random } from "../../word2vec/random.ts";
import { noLink } from "../../model/format/graph.ts";
import type { ModelMemory, Slot } from "../../model/memory/layout.ts";
import { openGraph } from "./graph-search.ts";
import { setBit } from "../catalogue/mask.ts";
import { quantiseToInt16 } from "../vectors/quantise-query.ts";
import type { Kernel } from "../vectors/scan.ts";
import { scanForCandidates } from "../vectors/int8-scan.ts";

const recallDepth = 10;
/** Songs that are looked at again besides the nearest, since a scan finds them by the question in seven bits. */
const oversampling = 120;
const maxQueries = 300;
/** Songs of a mean besides the first, each so many links away from it. */
const songsPerMean = 4;
const walkLength = 3;
/** The next one is tried where one finds too few. */
const efCandidates = [32, 48, 64, 96, 128, 192, 256, 384, 512];
const targetRecall = 0.98;

/**
 * The least breadth of a search that finds 98 % of the ten songs most like what is asked about, or else the largest there is,
 * and how many it finds: by the vectors in bytes, against a scan. Half of the questions are songs spread over all rows,
 * half are the mean of such a song and some near it, as playlists are. Of songs that are as like as the tenth any will do.
 */
export function measureRecall(place: ModelMemory, kernel: Kernel, seed: number): { efSearch: number; recall: number } {
  const songs = place.quantised.input.factors.length;
  const count = Math.min(songs, maxQueries);
  const random = createRandom(seed);
  const queries = Array.from({ length: count }, (_, i) => {
    const row = Math.floor((i * songs) / count);
    return i % 2 === 0 ? [row] : [row, ...Array.from({ length: songsPerMean }, () => randomWalk(row, place, random))];
  });
  const graph = openGraph(place, kernel);
  const [slot, ...slots] = place.slots;
  const thresholds: number[] = [];
  for (let first = 0; first < count; first += slots.length)
    thresholds.push(...findThresholds(place, kernel, queries.slice(first, first + slots.length), slots));

  function recallAt(ef: number): number {
    let found = 0;
    let wanted = 0;
    for (const [i, rows] of queries.entries()) {
      writeMeanQuery(place, rows, slot);
      const size = graph.search(slot, ef);
      clearExclusions(rows, slot);
      const scores = new Float32Array(slot.heap.buffer, slot.heap.byteOffset, 2 * size);
      const reachable = Math.min(recallDepth, songs - new Set(rows).size);
      found += Math.min(reachable, scores.filter((score, at) => at % 2 === 0 && score >= (thresholds[i] ?? 0)).length);
      wanted += reachable;
    }
    return wanted === 0 ? 1 : found / wanted;
  }

  let result = { efSearch: 0, recall: 0 };
  for (const ef of efCandidates) {
    result = { efSearch: ef, recall: recallAt(ef) };
    if (result.recall >= targetRecall) break;
  }
  return result;
}

/** A song that a few links lead to. */
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

/** The score of the tenth song for each question. */
function findThresholds(
  place: ModelMemory,
  kernel: Kernel,
  queries: readonly (readonly number[])[],
  slots: readonly Slot[],
): number[] {
  const {
    quantised: {
      input: { values, factors },
    },
    stride,
  } = place;
  const pending = queries.flatMap((rows, i) =>
    slots.slice(i, i + 1).map((slot) => ({ rows, slot, k: recallDepth + oversampling })),
  );
  for (const { rows, slot } of pending) writeMeanQuery(place, rows, slot);
  const found = scanForCandidates(place, kernel, "input", pending);
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

/** The mean of songs as a question for others. */
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
