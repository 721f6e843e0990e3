import { loadScan } from "../../../src/recommend/vectors/scan.ts";
import { topK } from "../../../src/recommend/vectors/top-k.ts";
import type { Huffman } from "../../../src/word2vec/huffman.ts";
import type { Case } from "./cases.ts";
import type { Vectors } from "../search/vectors.ts";

export interface Quality {
  readonly hitRate: number;
  readonly ndcg: number;
}

const depth = 10;
const gain = (index: number) => 1 / Math.log2(index + 2);

/**
 * Scores by mean input vector · output vectors; with hierarchical softmax by the log-likelihood of each song's path.
 */
export function evaluateContext(
  cases: readonly Case[],
  { input, output, vectorSize, huffman }: Vectors,
): Promise<Quality> {
  return evaluate(cases, input, output, vectorSize, huffman ? (scores) => pathLikelihoods(scores, huffman) : undefined);
}

/** Scores by mean unit input vector · unit input vectors. */
export function evaluateSimilarity(cases: readonly Case[], { input, vectorSize }: Vectors): Promise<Quality> {
  const unit = input.slice();
  for (let at = 0; at < unit.length; at += vectorSize) {
    const row = unit.subarray(at, at + vectorSize);
    const norm = Math.hypot(...row);
    if (norm > 0) for (let i = 0; i < vectorSize; i++) row[i] = (row[i] ?? 0) / norm;
  }
  return evaluate(cases, unit, unit, vectorSize);
}

/** Scores by plays: the first rows are the most played songs. */
export function evaluatePopularity(cases: readonly Case[], songs: number): Quality {
  const scores = Float32Array.from({ length: songs }, (_, row) => -row);
  return average(cases.map((item) => computeMetrics(item, scores)));
}

async function evaluate(
  cases: readonly Case[],
  from: Float32Array,
  to: Float32Array,
  vectorSize: number,
  transform?: (scores: Float32Array) => Float32Array,
): Promise<Quality> {
  const queryCases = cases.filter(({ query }) => query.length > 0);
  const metrics: Quality[] = [];
  const queries = queryCases.map(({ query }) => mean(from, query, vectorSize));
  for await (const [at, scores] of scoreEach(to, queries, vectorSize)) {
    const item = queryCases[at];
    if (item) metrics.push(computeMetrics(item, transform?.(scores) ?? scores));
  }
  return average(metrics, cases.length);
}

function computeMetrics({ queryRows, truth, truthSongs }: Case, scores: Float32Array): Quality {
  const hits = [...topK(scores, depth, queryRows).entries()]
    .filter(([, row]) => truth.has(row))
    .map(([index]) => index);
  const ideal = Array.from({ length: Math.min(depth, truthSongs) }, (_, index) => gain(index));
  return { hitRate: hits.length > 0 ? 1 : 0, ndcg: sum(hits.map(gain)) / sum(ideal) };
}

function average(metrics: readonly Quality[], cases = metrics.length): Quality {
  return {
    hitRate: sum(metrics.map(({ hitRate }) => hitRate)) / cases,
    ndcg: sum(metrics.map(({ ndcg }) => ndcg)) / cases,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function mean(matrix: Float32Array, rows: readonly number[], vectorSize: number): Float32Array {
  const sums = new Float64Array(vectorSize);
  for (const row of rows)
    for (let i = 0; i < vectorSize; i++) sums[i] = (sums[i] ?? 0) + (matrix[row * vectorSize + i] ?? 0);
  return Float32Array.from(sums, (value) => value / rows.length);
}

const queriesAtOnce = 64;
const rowsAtOnce = 512;
const page = 65_536;

/**
 * Dot products of queries with all rows of a matrix. Blocks of 512 rows are scored for 64 queries while they are
 * cached.
 *
 * @param matrix [V, vectorSize]
 * @returns index of the query and its scores [V], valid until the next one
 */
async function* scoreEach(
  matrix: Float32Array,
  queries: readonly Float32Array[],
  vectorSize: number,
): AsyncGenerator<[number, Float32Array]> {
  const stride = Math.ceil(vectorSize / 16) * 16;
  const rows = matrix.length / vectorSize;
  const rowBytes = stride * 4;
  const matrixAt = page;
  const queriesAt = matrixAt + rows * rowBytes;
  const scoresAt = queriesAt + queriesAtOnce * rowBytes;
  const scoresBytes = Math.ceil(rows / 16) * 64;
  const pages = Math.ceil((scoresAt + queriesAtOnce * scoresBytes) / page);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const floats = new Float32Array(memory.buffer);
  const { scan } = (await loadScan()).bind(memory);

  for (let row = 0; row < rows; row++)
    floats.set(matrix.subarray(row * vectorSize, (row + 1) * vectorSize), (matrixAt + row * rowBytes) / 4);
  for (let first = 0; first < queries.length; first += queriesAtOnce) {
    const group = queries.slice(first, first + queriesAtOnce);
    for (const [at, query] of group.entries()) floats.set(query, (queriesAt + at * rowBytes) / 4);
    for (let row = 0; row < rows; row += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, rows - row);
      for (let at = 0; at < group.length; at++)
        scan(
          matrixAt + row * rowBytes,
          count,
          stride,
          queriesAt + at * rowBytes,
          scoresAt + at * scoresBytes + row * 4,
        );
    }
    for (let at = 0; at < group.length; at++)
      yield [first + at, new Float32Array(memory.buffer, scoresAt + at * scoresBytes, rows)];
  }
}

/** log P(song) = Σ log σ(± score of the node) along the song's path; bit 0 is the branch of probability σ(score). */
function pathLikelihoods(nodeScores: Float32Array, { paths, nodes }: Huffman): Float32Array {
  const branchScores = new Float64Array(nodeScores.length * 2);
  for (const [node, score] of nodeScores.entries()) {
    const softplus = Math.log1p(Math.exp(-Math.abs(score)));
    branchScores[node * 2] = Math.min(score, 0) - softplus;
    branchScores[node * 2 + 1] = Math.min(-score, 0) - softplus;
  }
  const likelihoods = new Float32Array(paths.length - 1);
  for (let song = 0; song < likelihoods.length; song++) {
    let logarithm = 0;
    for (let at = paths[song] ?? 0; at < (paths[song + 1] ?? 0); at++) logarithm += branchScores[nodes[at] ?? 0] ?? 0;
    likelihoods[song] = logarithm;
  }
  return likelihoods;
}
