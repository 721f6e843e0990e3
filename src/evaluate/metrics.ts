/** The metrics of one case. */
export interface CaseMetrics {
  readonly hitRate10: number;
  readonly hitRate100: number;
  readonly ndcg10: number;
  readonly ndcg100: number;
  readonly recall10: number;
  readonly recall100: number;
  /** Precision of the top n, where n is the number of truth songs, at most 100. */
  readonly rPrecision: number;
  /** 1 / rank of the first truth song, 0 beyond 100. */
  readonly reciprocalRank: number;
}

/** The values of k in the curves of hit rate and NDCG. */
export const depths = [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100] as const;

export const depth = 100;
const gain = (index: number) => 1 / Math.log2(index + 2);

/**
 * @param ranked rows, best first; only the first `depth` count
 * @param truthCount number of truth songs, including unknown ones
 */
export function computeMetrics(ranked: ArrayLike<number>, truth: ReadonlySet<number>, truthCount: number): CaseMetrics {
  const hits = hitIndices(ranked, truth);
  const within = (k: number) => hits.filter((index) => index < k);
  const ndcg = (k: number) => ndcgAt(k, hits, truthCount);
  const [first] = hits;
  return {
    hitRate10: within(10).length > 0 ? 1 : 0,
    hitRate100: hits.length > 0 ? 1 : 0,
    ndcg10: ndcg(10),
    ndcg100: ndcg(depth),
    recall10: within(10).length / truthCount,
    recall100: hits.length / truthCount,
    rPrecision: within(Math.min(depth, truthCount)).length / Math.min(depth, truthCount),
    reciprocalRank: first === undefined ? 0 : 1 / (first + 1),
  };
}

/** Computes hit rate and NDCG of the top k, for each of `depths`. */
export function computeCurve(
  ranked: ArrayLike<number>,
  truth: ReadonlySet<number>,
  truthCount: number,
): { hitRate: number; ndcg: number }[] {
  const hits = hitIndices(ranked, truth);
  return depths.map((k) => ({ hitRate: hits.some((index) => index < k) ? 1 : 0, ndcg: ndcgAt(k, hits, truthCount) }));
}

function hitIndices(ranked: ArrayLike<number>, truth: ReadonlySet<number>): number[] {
  const hits: number[] = [];
  for (let index = 0; index < Math.min(depth, ranked.length); index++)
    if (truth.has(ranked[index] as number)) hits.push(index);
  return hits;
}

function ndcgAt(k: number, hits: readonly number[], truthCount: number): number {
  const ideal = Array.from({ length: Math.min(k, truthCount) }, (_, index) => gain(index));
  return sum(hits.filter((index) => index < k).map(gain)) / sum(ideal);
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : sum(values) / values.length;
}

/** The standard error of the mean of independent values; 0 for fewer than two. */
export function standardError(values: readonly number[]): number {
  const middle = mean(values);
  return values.length < 2 ? 0 : Math.sqrt(mean(values.map((value) => (value - middle) ** 2)) / (values.length - 1));
}

/** Computes the 95 % confidence interval of the mean by bootstrap percentiles (Efron 1979). */
export function bootstrap(
  values: readonly number[],
  random: () => number,
  samples = 1000,
): [low: number, high: number] {
  const means = Float64Array.from({ length: values.length === 0 ? 0 : samples }, () => {
    let total = 0;
    for (let i = 0; i < values.length; i++) total += values[Math.floor(random() * values.length)] ?? 0;
    return total / values.length;
  }).sort();
  return [means[Math.floor(samples * 0.025)] ?? 0, means[Math.floor(samples * 0.975)] ?? 0];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
