import { z } from "zod";
import { createRandom } from "../word2vec/random.ts";
import type { HeldOutCase } from "../word2vec/validation.ts";
import type { AsyncRanker, Ranker } from "./baselines.ts";
import { nextSongSchema } from "./next-song.ts";
import { bootstrap, computeCurve, depth, depths, computeMetrics, type CaseMetrics, mean } from "./metrics.ts";

const figure = z.number();
const interval = z.tuple([z.number(), z.number()]).describe("95 % interval, by bootstrap");

/** The metrics of one method on held-out plays. */
export const methodSchema = z
  .object({
    method: z.string().describe("Strategy or baseline"),
    hitRate10: figure.describe("Mean hit rate of the first 10 songs"),
    hitRate100: figure.describe("Mean hit rate of the first 100 songs"),
    ndcg10: figure.describe("Mean NDCG@10"),
    ndcg10Interval: interval,
    ndcg100: figure.describe("Mean NDCG@100"),
    recall10: figure.describe("Mean recall@10"),
    recall100: figure.describe("Mean recall@100"),
    rPrecision: figure.describe("Mean R-precision"),
    meanReciprocalRank: figure.describe("Mean reciprocal rank of the first hit"),
    coverage: figure.describe("Share of all songs that occur in a top 10"),
    popularityPercentile: figure.describe(
      "Mean popularity percentile of the songs in the top 10: 100 for the most played song",
    ),
    novelty: figure.describe("Mean of −log2(share of all plays) of the songs in the top 10, in bits"),
    recall100ByPopularity: z
      .array(
        z.object({
          part: z.string().describe("Part of the songs, by plays"),
          songs: z.int().describe("Number of songs"),
          recall100: figure.describe("Recall@100 of these songs"),
        }),
      )
      .describe("Recall@100 of the held-out songs by their plays; each part has a third of all plays"),
    curve: z
      .array(
        z.object({
          k: z.int().describe("Length of the list"),
          hitRate: figure.describe("Mean hit rate of the first k songs"),
          ndcg: figure.describe("Mean NDCG@k"),
        }),
      )
      .default([])
      .describe("Hit rate and NDCG of the first k songs"),
  })
  .meta({ id: "MethodEvaluation" });
export type Method = z.infer<typeof methodSchema>;

export const evaluationSchema = z
  .object({
    cases: z.int().describe("Number of playlists with held-out plays"),
    methods: z.array(methodSchema).describe("Results of each method"),
    nextSong: nextSongSchema.optional().describe("Next songs of the held-out playlists"),
  })
  .meta({ id: "Evaluation" });
export type Evaluation = z.infer<typeof evaluationSchema>;

/** A case whose truth may include songs outside of the vocabulary. */
export interface EvaluationCase extends HeldOutCase {
  /** Number of all truth songs, including those outside of the vocabulary. */
  readonly truthCount: number;
}

/** @param testCase with all truth songs in the vocabulary */
export function toEvaluationCase({ query, truth }: HeldOutCase): EvaluationCase {
  return { query, truth, truthCount: truth.length };
}

export interface PlayCounts {
  /** [V] Plays of each song, in descending order. */
  readonly counts: Uint32Array;
}

const partNames = ["most played", "between", "least played"];

/** Evaluates methods on the same cases. @param rankers by the name of the method */
export async function evaluate(
  cases: readonly EvaluationCase[],
  { counts }: PlayCounts,
  rankers: Readonly<Record<string, Ranker | AsyncRanker>>,
): Promise<Evaluation> {
  const methods: Method[] = [];
  for (const [method, rank] of Object.entries(rankers)) {
    const rankings: Uint32Array[] = [];
    for (const { query } of cases) rankings.push(await rank(query, depth));
    methods.push(evaluateMethod(method, rankings, cases, counts));
  }
  return { cases: cases.length, methods };
}

/** Computes NDCG@10 of each case. */
export function ndcgOf(cases: readonly EvaluationCase[], rank: Ranker): number[] {
  return cases.map(
    ({ query, truth, truthCount }) => computeMetrics(rank(query, depth), new Set(truth), truthCount).ndcg10,
  );
}

/** @param rankings one for each case */
function evaluateMethod(
  method: string,
  rankings: readonly Uint32Array[],
  cases: readonly EvaluationCase[],
  counts: Uint32Array,
): Method {
  const plays = counts.reduce((sum, count) => sum + count, 0);
  const timesRecommended = new Map<number, number>();
  const parts = partNames.map(() => ({ songs: 0, found: 0 }));
  const partOf = partsByPlays(counts, plays);
  const curves: ReturnType<typeof computeCurve>[] = [];
  const caseMetrics: CaseMetrics[] = cases.map(({ truth, truthCount }, i) => {
    const ranked = rankings[i] ?? new Uint32Array();
    for (const row of ranked.subarray(0, 10)) timesRecommended.set(row, (timesRecommended.get(row) ?? 0) + 1);
    const found = new Set(ranked);
    for (const row of truth) {
      const part = parts[partOf(row)];
      if (part) {
        part.songs++;
        part.found += found.has(row) ? 1 : 0;
      }
    }
    const truthRows = new Set(truth);
    curves.push(computeCurve(ranked, truthRows, truthCount));
    return computeMetrics(ranked, truthRows, truthCount);
  });
  const meanOf = (name: keyof CaseMetrics) => round(mean(caseMetrics.map((one) => one[name])));
  const recommendations = [...timesRecommended].reduce((sum, [, times]) => sum + times, 0);
  const meanOfRecommended = (value: (row: number) => number) =>
    round(
      [...timesRecommended].reduce((sum, [row, times]) => sum + times * value(row), 0) / Math.max(1, recommendations),
    );
  const random = createRandom(1);
  const [low, high] = bootstrap(
    caseMetrics.map(({ ndcg10 }) => ndcg10),
    random,
  );
  return {
    method,
    hitRate10: meanOf("hitRate10"),
    hitRate100: meanOf("hitRate100"),
    ndcg10: meanOf("ndcg10"),
    ndcg10Interval: [round(low), round(high)],
    ndcg100: meanOf("ndcg100"),
    recall10: meanOf("recall10"),
    recall100: meanOf("recall100"),
    rPrecision: meanOf("rPrecision"),
    meanReciprocalRank: meanOf("reciprocalRank"),
    coverage: round(timesRecommended.size / Math.max(1, counts.length)),
    popularityPercentile: meanOfRecommended((row) => (100 * (counts.length - row)) / counts.length),
    novelty: meanOfRecommended((row) => -Math.log2(Math.max(1, counts[row] ?? 0) / Math.max(1, plays))),
    recall100ByPopularity: parts.map(({ songs, found }, i) => ({
      part: partNames[i] ?? "",
      songs,
      recall100: round(songs === 0 ? 0 : found / songs),
    })),
    curve: depths.map((k, i) => ({
      k,
      hitRate: round(mean(curves.map((curve) => curve[i]?.hitRate ?? 0))),
      ndcg: round(mean(curves.map((curve) => curve[i]?.ndcg ?? 0))),
    })),
  };
}

/** Returns a function that maps a row to its part, each with a third of all plays. */
function partsByPlays(counts: Uint32Array, plays: number): (row: number) => number {
  const ends: number[] = [];
  let sum = 0;
  counts.forEach((count, row) => {
    sum += count;
    while (ends.length < partNames.length - 1 && sum >= (plays * (ends.length + 1)) / partNames.length) ends.push(row);
  });
  return (row) => ends.filter((end) => row > end).length;
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
