import { createRandom, integerBelow, type Random } from "../../word2vec/random.ts";
import { noLink } from "../../model/format/graph.ts";
import type { ModelMemory, Slot } from "../../model/memory/layout.ts";
import { openGraph } from "./graph-search.ts";
import { setBit } from "../catalogue/mask.ts";
import { toIntegers } from "../vectors/integers.ts";
import type { Kernel } from "../vectors/scan.ts";
import { nearestInBytes } from "../vectors/scan-in-bytes.ts";

const nearest = 10;
/** Songs that are looked at again besides the nearest, since a scan finds them by the question in seven bits. */
const spare = 120;
const questions = 300;
/** Songs of a mean besides the first, each so many links away from it. */
const others = 4;
const steps = 3;
/** The next one is tried where one finds too few. */
const breadths = [32, 48, 64, 96, 128, 192, 256, 384, 512];
const enough = 0.98;

/**
 * The least breadth of a search that finds 98 % of the ten songs most like what is asked about, or else the largest there is,
 * and how many it finds: by the vectors in bytes, against a scan. Half of the questions are songs spread over all rows,
 * half are the mean of such a song and some near it, as playlists are. Of songs that are as like as the tenth any will do.
 */
export function measureRecall(place: ModelMemory, kernel: Kernel, seed: number): { breadth: number; recall: number } {
  const songs = place.quantised.input.factors.length;
  const count = Math.min(songs, questions);
  const random = createRandom(seed);
  const asked = Array.from({ length: count }, (_, i) => {
    const row = Math.floor((i * songs) / count);
    return i % 2 === 0 ? [row] : [row, ...Array.from({ length: others }, () => walkFrom(row, place, random))];
  });
  const graph = openGraph(place, kernel);
  const [slot, ...slots] = place.slots;
  const tenth: number[] = [];
  for (let first = 0; first < count; first += slots.length)
    tenth.push(...scan(place, kernel, asked.slice(first, first + slots.length), slots));

  function recallAt(breadth: number): number {
    let found = 0;
    let wanted = 0;
    for (const [i, rows] of asked.entries()) {
      ask(place, rows, slot);
      const size = graph.search(slot, breadth);
      release(rows, slot);
      const scores = new Float32Array(slot.heap.buffer, slot.heap.byteOffset, 2 * size);
      const most = Math.min(nearest, songs - new Set(rows).size);
      found += Math.min(most, scores.filter((score, at) => at % 2 === 0 && score >= (tenth[i] ?? 0)).length);
      wanted += most;
    }
    return wanted === 0 ? 1 : found / wanted;
  }

  let figures = { breadth: 0, recall: 0 };
  for (const breadth of breadths) {
    figures = { breadth, recall: recallAt(breadth) };
    if (figures.recall >= enough) break;
  }
  return figures;
}

/** A song that a few links lead to. */
function walkFrom(row: number, { graph, quantised }: ModelMemory, random: Random): number {
  const linksPerSong = (graph?.links.length ?? 0) / quantised.input.factors.length;
  let at = row;
  for (let step = 0; step < steps; step++) {
    const links =
      graph?.links.subarray(at * linksPerSong, (at + 1) * linksPerSong).filter((other) => other !== noLink) ?? [];
    at = links[integerBelow(links.length, random)] ?? at;
  }
  return at;
}

/** The score of the tenth song for each question. */
function scan(
  place: ModelMemory,
  kernel: Kernel,
  asked: readonly (readonly number[])[],
  slots: readonly Slot[],
): number[] {
  const {
    quantised: {
      input: { values, factors },
    },
    stride,
  } = place;
  const pending = asked.flatMap((rows, i) => slots.slice(i, i + 1).map((slot) => ({ rows, slot, k: nearest + spare })));
  for (const { rows, slot } of pending) ask(place, rows, slot);
  const found = nearestInBytes(place, kernel, "input", pending);
  for (const { rows, slot } of pending) release(rows, slot);
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
    return rowScores.slice(0, size).sort().at(-Math.min(nearest, size)) ?? 0;
  });
}

/** The mean of songs as a question for others. */
function ask(
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
  toIntegers({ query, queryInt16 });
}

function release(rows: readonly number[], { excluded }: Slot): void {
  for (const row of rows) excluded[row >> 3] = 0;
}
