import { toSixDecimals } from "../catalogue/song-summary.ts";
import type { RecommendationResult, Item, RecommendationQuery } from "./recommendation-query.ts";
import type { LazyRanking } from "./rankings.ts";
import type { RankedRows } from "../vectors/heap.ts";

export const aggregations = ["mean", "leastMisery"] as const;
/** Combines the scores of a song for all groups: their mean, or their minimum. */
export type Aggregation = (typeof aggregations)[number];

export interface GroupQuery extends Omit<RecommendationQuery, "songs"> {
  readonly groups: readonly RecommendationQuery["songs"][];
  readonly aggregation?: Aggregation;
}

/** The score of a song for one group. */
export interface GroupShare {
  /** Index of the group in the query. */
  readonly group: number;
  /** ln(n / rank) among the n songs that are ranked for all groups. */
  readonly score: number;
  /** 1 / rank, normalised over the groups. */
  readonly share: number;
}

export interface GroupResult extends Omit<RecommendationResult, "items"> {
  readonly items: (Item & { readonly groups: GroupShare[] })[];
}

/** A ranking for several groups. */
export interface GroupRanking {
  readonly rank: LazyRanking;
  /** The score of a ranked song for each group. */
  scoresOf(row: number): number[];
}

/** The best songs of each group are ranked together. Behind them the rankings of the groups are interleaved. */
const depthPerGroup = 1000;
/** Score difference between the last jointly ranked song and the first of the others. */
const restGap = 1;
/** Score difference between consecutive songs of the others. */
const scoreStep = 1e-3;

/**
 * Combines the rankings of several groups. It uses ranks instead of scores, because the distribution of scores depends
 * on the length and style of the query. Scores ln(n / rank) (Savage 1956) give every group the same influence. A song
 * that is not among the best songs of a group gets the last rank.
 */
export function rankForGroups(rankings: readonly LazyRanking[], aggregation: Aggregation): GroupRanking {
  let combined: CombinedRanking | undefined;
  const combine = (lists: readonly RankedRows[]) => (combined ??= combineRankings(lists, aggregation));
  return {
    scoresOf: (row) => combined?.scoresOf(row) ?? rankings.map(() => 0),
    rank: (count) => rankTogether(rankings, combined, combine, count),
  };
}

async function rankTogether(
  rankings: readonly LazyRanking[],
  combined: CombinedRanking | undefined,
  combine: (lists: readonly RankedRows[]) => CombinedRanking,
  count: number,
): Promise<RankedRows> {
  const { best, isAll, indexOfRow } = combined ?? combine(await listsOf(rankings, depthPerGroup));
  const rest =
    count > best.length && !isAll
      ? (await interleaveRest(rankings, count, indexOfRow)).slice(0, count - best.length)
      : [];
  const restScore = (best.at(-1)?.score ?? 0) - restGap;
  const found = best.slice(0, count);
  return {
    rows: Uint32Array.from([...found.map(({ row }) => row), ...rest]),
    scores: [...found.map(({ score }) => score), ...rest.map((_, i) => restScore - i * scoreStep)],
  };
}

async function listsOf(rankings: readonly LazyRanking[], count: number): Promise<RankedRows[]> {
  const lists: RankedRows[] = [];
  for (const rank of rankings) lists.push(await rank(count));
  return lists;
}

async function interleaveRest(
  rankings: readonly LazyRanking[],
  count: number,
  indexOfRow: CombinedRanking["indexOfRow"],
): Promise<number[]> {
  const more = (await listsOf(rankings, count)).map(({ rows }) => rows.subarray(depthPerGroup));
  const longest = Math.max(0, ...more.map(({ length }) => length));
  const interleaved = Array.from({ length: longest }, (_, index) => more.map((list) => list[index])).flat();
  return [...new Set(interleaved)].filter((row) => row !== undefined).filter((row) => !indexOfRow.has(row));
}

/** The best songs of all groups, ranked together. */
interface CombinedRanking {
  readonly best: readonly { readonly row: number; readonly score: number }[];
  /** Whether `best` has all songs. */
  readonly isAll: boolean;
  /** The index of each row among the scores. */
  readonly indexOfRow: ReadonlyMap<number, number>;
  scoresOf(row: number): number[];
}

function combineRankings(lists: readonly RankedRows[], aggregation: Aggregation): CombinedRanking {
  const indexOfRow = new Map<number, number>();
  for (const { rows } of lists) for (const row of rows) if (!indexOfRow.has(row)) indexOfRow.set(row, indexOfRow.size);
  const scores = new Float64Array(indexOfRow.size * lists.length);
  for (const [group, { rows }] of lists.entries()) {
    for (const [i, row] of rows.entries())
      scores[(indexOfRow.get(row) ?? 0) * lists.length + group] = Math.log(indexOfRow.size / (i + 1));
  }
  const scoresAt = (index: number) => scores.subarray(index * lists.length, (index + 1) * lists.length);
  const songs = Array.from(indexOfRow, ([row, index]) => ({ row, ...aggregate(scoresAt(index), aggregation) }));
  return {
    best: songs.toSorted((a, b) => b.score - a.score || b.mean - a.mean || a.row - b.row),
    isAll: lists.every(({ rows }) => rows.length < depthPerGroup),
    indexOfRow,
    scoresOf(row) {
      const index = indexOfRow.get(row);
      return index === undefined ? lists.map(() => 0) : [...scoresAt(index)];
    },
  };
}

/** @param groups the index of each group in the query @param scores the score of the song for each group */
export function sharesOf(groups: readonly number[], scores: readonly number[]): GroupShare[] {
  const largest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - largest));
  const sum = weights.reduce((all, each) => all + each, 0);
  return scores.map((score, i) => ({
    group: groups[i] ?? 0,
    score: toSixDecimals(score),
    share: toSixDecimals((weights[i] ?? 0) / sum),
  }));
}

function aggregate(scores: Float64Array, aggregation: Aggregation): { score: number; mean: number } {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return { mean, score: aggregation === "mean" ? mean : Math.min(...scores) };
}
