import type { ModelMemory, Slot } from '../model/layout.ts';
import { openGraph } from './graph-search.ts';
import { setBit } from './mask.ts';
import type { Kernel } from './scan.ts';

const nearest = 10;
const questions = 300;
/** Rows that all questions are asked about while they are in the cache. */
const rowsABlock = 512;
/** The next one is tried where one finds too few. */
const breadths = [32, 48, 64, 96, 128, 192, 256, 384, 512];
const enough = 0.98;

/**
 * The least breadth of a search that finds 98 % of the ten songs most like a song, or else the largest there is, and how many
 * it finds: by the vectors in bytes, for songs spread over all rows, against a scan. Of songs that are as like as the tenth
 * any will do.
 */
export function measureRecall(place: ModelMemory, kernel: Kernel): { breadth: number; recall: number } {
  const songs = place.quantised.input.factors.length;
  const count = Math.min(songs, questions);
  const rows = Array.from({ length: count }, (_, i) => Math.floor((i * songs) / count));
  const graph = openGraph(place, kernel);
  const [slot, ...others] = place.slots;
  const tenth: number[] = [];
  for (let first = 0; first < count; first += others.length) tenth.push(...scan(place, kernel, rows.slice(first, first + others.length), others));

  function recallAt(breadth: number): number {
    let found = 0;
    for (const [i, row] of rows.entries()) {
      ask(place, row, slot);
      const size = graph.search(slot, breadth);
      release(row, slot);
      const scores = new Float32Array(slot.heap.buffer, slot.heap.byteOffset, 2 * size);
      found += Math.min(nearest, scores.filter((score, at) => at % 2 === 0 && score >= (tenth[i] ?? 0)).length);
    }
    return found / (count * Math.min(nearest, Math.max(1, songs - 1)));
  }

  let figures = { breadth: 0, recall: 0 };
  for (const breadth of breadths) {
    figures = { breadth, recall: recallAt(breadth) };
    if (figures.recall >= enough) break;
  }
  return figures;
}

/** The score of the tenth song for each row. */
function scan(place: ModelMemory, kernel: Kernel, rows: readonly number[], slots: readonly Slot[]): number[] {
  const { quantised: { input: { bytes, factors } }, stride } = place;
  const songs = factors.length;
  const asked = rows.flatMap((row, i) => slots.slice(i, i + 1).map((slot) => ({ row, slot, size: 0 })));
  for (const { row, slot } of asked) ask(place, row, slot);
  for (let first = 0; first < songs; first += rowsABlock) {
    for (const question of asked) {
      const { integers, excluded, heap } = question.slot;
      question.size = kernel.nearestQuantised(bytes.byteOffset + first * stride, factors.byteOffset + first * 4, first, Math.min(rowsABlock, songs - first), stride, integers.byteOffset, 1, excluded.byteOffset, heap.byteOffset, question.size, Math.min(nearest, songs));
    }
  }
  for (const { row, slot } of asked) release(row, slot);
  return asked.map(({ slot: { heap } }) => new Float32Array(heap.buffer, heap.byteOffset, 1)[0] ?? 0);
}

/** A song as a question for others like it. */
function ask({ quantised, stride }: ModelMemory, row: number, { integers, excluded }: Slot): void {
  integers.set(quantised.input.bytes.subarray(row * stride, (row + 1) * stride));
  setBit(excluded, row);
}

function release(row: number, { excluded }: Slot): void {
  excluded[row >> 3] = 0;
}
