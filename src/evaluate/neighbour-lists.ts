import type { Manifest } from "../model/format/manifest.ts";
import { readVectors } from "../model/format/rows.ts";
import { loadScan } from "../recommend/vectors/scan.ts";

/** A stored model version. */
export interface StoredModel {
  readonly folder: string;
  readonly manifest: Manifest;
}

const blockRows = 512;
const pageBytes = 65_536;
const noRow = 0xffffffff;

/**
 * Finds the nearest songs of some songs by cosine of input vectors, the nearest first; with ties the more played. The
 * stored vectors are read twice, in blocks of 0.5 MB.
 *
 * @param rows the songs
 * @param limit largest number of nearest songs
 * @returns the nearest rows of each song
 * @throws MODEL_DAMAGED with the corrupt file
 */
export async function findNeighbourLists(
  { folder, manifest }: StoredModel,
  rows: readonly number[],
  limit: number,
): Promise<Uint32Array[]> {
  const { vectorSize, songs } = manifest;
  const k = Math.min(limit, songs - 1);
  const scan = await bindScan(rows.length, vectorSize);
  const { stride, queries, block, scores } = scan;

  const queryOfRow = new Map(rows.map((row, query) => [row, query]));
  for await (const { first, vectors } of readVectors(folder, manifest, ["input"], blockRows)) {
    for (let i = 0; i * vectorSize < vectors.length; i++) {
      const query = queryOfRow.get(first + i);
      if (query !== undefined)
        copyUnit(vectors.subarray(i * vectorSize, (i + 1) * vectorSize), queries, query * stride);
    }
  }

  const best = {
    scores: new Float32Array(rows.length * k).fill(-Infinity),
    rows: new Uint32Array(rows.length * k).fill(noRow),
  };
  for await (const { first, vectors } of readVectors(folder, manifest, ["input"], blockRows)) {
    const count = vectors.length / vectorSize;
    for (let i = 0; i < count; i++) copyUnit(vectors.subarray(i * vectorSize, (i + 1) * vectorSize), block, i * stride);
    for (const [query, row] of rows.entries()) {
      scan.run(query, count);
      insertScores(best, query * k, k, scores, count, first, row);
    }
  }
  return rows.map((_, query) => best.rows.subarray(query * k, (query + 1) * k));
}

async function bindScan(queryCount: number, vectorSize: number) {
  const stride = Math.ceil(vectorSize / 16) * 16;
  const [queriesAt, blockAt] = [pageBytes, pageBytes + queryCount * stride * 4];
  const scoresAt = blockAt + blockRows * stride * 4;
  const pages = Math.ceil((scoresAt + blockRows * 4) / pageBytes);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const { scan } = (await loadScan()).bind(memory);
  return {
    stride,
    /** [queries, stride] */
    queries: new Float32Array(memory.buffer, queriesAt, queryCount * stride),
    /** [blockRows, stride] */
    block: new Float32Array(memory.buffer, blockAt, blockRows * stride),
    scores: new Float32Array(memory.buffer, scoresAt, blockRows),
    run: (query: number, rows: number) => scan(blockAt, rows, stride, queriesAt + query * stride * 4, scoresAt),
  };
}

function copyUnit(vector: Float32Array, target: Float32Array, start: number): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const factor = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  for (let i = 0; i < vector.length; i++) target[start + i] = factor * (vector[i] ?? 0);
}

/** Inserts the scores of a block into the sorted list of a query. */
function insertScores(
  best: { scores: Float32Array; rows: Uint32Array },
  start: number,
  k: number,
  scores: Float32Array,
  count: number,
  first: number,
  self: number,
): void {
  const last = start + k - 1;
  for (let i = 0; i < count; i++) {
    const score = scores[i] ?? 0;
    if (!(score > (best.scores[last] ?? Infinity)) || first + i === self) continue;
    let index = last;
    for (; index > start && score > (best.scores[index - 1] ?? 0); index--) {
      best.scores[index] = best.scores[index - 1] ?? 0;
      best.rows[index] = best.rows[index - 1] ?? 0;
    }
    best.scores[index] = score;
    best.rows[index] = first + i;
  }
}
