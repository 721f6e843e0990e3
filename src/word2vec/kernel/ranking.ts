import { type HeldOutCase, cutoff, ndcg } from "../validation.ts";
import { bind } from "./compile.ts";
import { compileKernel, type KernelVariant } from "./kernel.ts";
import { control, controlBlock, float32View, type Layout, uint32View } from "./layout.ts";
import { planRanking, queriesAtOnce, songsAtOnce } from "./ranking-scratch.ts";

/** Ranks held-out songs among all songs; one per thread. */
export interface Ranking {
  /** @param cases at most `casesPerWorker` of the layout. @returns the sum of their NDCG@10 */
  sumNdcg(cases: readonly HeldOutCase[]): number;
}

/** S[i, j] = x_i · y_j; see assembly/products.ts. All parameters but c and n are byte addresses and lengths. */
interface Products {
  scores(xs: number, c: number, ys: number, n: number, bytes: number, out: number, pitch: number, pairs: number): void;
}

interface TruthSong {
  readonly row: number;
  readonly score: number;
  above: number;
}

interface Query {
  readonly address: number;
  /** Songs of the query, ascending. */
  readonly songs: Uint32Array;
  /** Number of these songs that the scan has passed. */
  passed: number;
  readonly truths: readonly TruthSong[];
  /** Truth songs that may still rank among the first ten. */
  open: readonly TruthSong[];
}

/**
 * Scores songs like the strategy `context`: output vectors · mean of the query's input vectors. With hierarchical
 * softmax outputs are tree nodes, so the score is the dot product of unit input vectors instead. The mean is replaced
 * by a sum, which gives the same ranks.
 *
 * Scans all songs once, in batches, for all queries. A truth song is dropped from the scan as soon as ten songs rank
 * above it, and a query with its last truth song. Popular songs come first, so most queries are dropped early.
 */
export async function createRanking(
  variant: KernelVariant,
  memory: WebAssembly.Memory,
  layout: Layout,
  worker: number,
): Promise<Ranking> {
  const { songs, stride, paths } = layout;
  const bytes = stride * 4;
  const unit = paths !== 0;
  const { vectors, xs, ys, out, pitch, pairs } = planRanking(
    layout.ranking + worker * layout.rankingBytes,
    layout.casesPerWorker,
    stride,
  );
  const candidates = unit ? layout.input : layout.output;

  const input = float32View(memory, layout.input, songs * stride);
  const queryTable = uint32View(memory, xs, queriesAtOnce);
  const songTable = uint32View(memory, ys, songsAtOnce);
  const lines = float32View(memory, out, (queriesAtOnce * pitch) / 4);
  const scales = new Float32Array(songsAtOnce).fill(1);
  const state = controlBlock(memory, layout);
  const { scores } = bind<Products>(await compileKernel(variant), memory, "scores");

  function sumNdcg(cases: readonly HeldOutCase[]): number {
    const queries = cases.map((item, at) => prepareQuery(item, vectors + at * bytes));
    let open: readonly Query[] = queries;
    for (let first = 0; first < songs && open.length > 0; first += songsAtOnce) {
      if (Atomics.load(state, control.cancelled) === 1) return 0;
      const n = Math.min(songsAtOnce, songs - first);
      takeSongs(n, (at) => first + at);
      for (let at = 0; at < open.length; at += queriesAtOnce) {
        const some = open.slice(at, at + queriesAtOnce);
        score(some, n);
        for (const [i, query] of some.entries()) countAbove(query, (i * pitch) / 4, first, n);
      }
      open = open.filter((query) => query.open.length > 0);
    }
    return queries.reduce((sum, { truths }) => sum + ndcg(truths.map(({ above }) => above)), 0);
  }

  function prepareQuery({ query, truth }: HeldOutCase, address: number): Query {
    const vector = float32View(memory, address, stride).fill(0);
    for (const row of query) {
      const scale = unit ? inverseLength(row) : 1;
      for (let d = 0; d < stride; d++) vector[d] = (vector[d] as number) + scale * (input[row * stride + d] as number);
    }
    const truths: TruthSong[] = [];
    for (let at = 0; at < truth.length; at += songsAtOnce) {
      const rows = truth.subarray(at, at + songsAtOnce);
      takeSongs(rows.length, (i) => rows[i] as number);
      score([{ address }], rows.length);
      rows.forEach((row, i) => truths.push({ row, score: lines[i] as number, above: 0 }));
    }
    return { address, songs: query.toSorted(), passed: 0, truths, open: truths };
  }

  function takeSongs(n: number, rowAt: (at: number) => number): void {
    for (let at = 0; at < n; at++) {
      songTable[at] = candidates + rowAt(at) * bytes;
      if (unit) scales[at] = inverseLength(rowAt(at));
    }
  }

  function score(queries: readonly { readonly address: number }[], n: number): void {
    queries.forEach(({ address }, i) => {
      queryTable[i] = address;
    });
    scores(xs, queries.length, ys, n, bytes, out, pitch, pairs);
    if (!unit) return;
    for (let i = 0; i < queries.length; i++)
      for (let j = 0; j < n; j++)
        lines[(i * pitch) / 4 + j] = (lines[(i * pitch) / 4 + j] as number) * (scales[j] as number);
  }

  /** Ties rank above the truth song, and so does NaN. */
  function countAbove(query: Query, line: number, first: number, n: number): void {
    for (let row = query.songs[query.passed]; row !== undefined && row < first + n; row = query.songs[++query.passed])
      lines[line + row - first] = -Infinity;
    for (const truth of query.open) {
      const { row, score: least } = truth;
      let below = 0;
      for (let at = line; at < line + n; at++) if ((lines[at] as number) < least) below++;
      const itself = row >= first && row < first + n && !((lines[line + row - first] as number) < least);
      truth.above += n - below - (itself ? 1 : 0);
    }
    if (query.open.some(({ above }) => above >= cutoff)) query.open = query.open.filter(({ above }) => above < cutoff);
  }

  function inverseLength(row: number): number {
    let squares = 0;
    for (let at = row * stride; at < (row + 1) * stride; at++) squares += (input[at] as number) ** 2;
    return squares === 0 ? 0 : 1 / Math.sqrt(squares);
  }

  return { sumNdcg };
}
