import { toSixDecimals } from "../catalogue/named.ts";
import type { Answer, Item, Question } from "./question.ts";
import type { Ranker } from "./rankers.ts";
import type { RankedRows } from "../vectors/heap.ts";

export const aggregations = ["mean", "leastMisery"] as const;
/** What a song is to all groups: the mean of what it is to each, or what it is to the one that likes it least. */
export type Aggregation = (typeof aggregations)[number];

export interface GroupQuestion extends Omit<Question, "songs"> {
  readonly groups: readonly Question["songs"][];
  readonly aggregation?: Aggregation;
}

/** What a song is to one group. */
export interface GroupShare {
  /** The group's place in the question. */
  readonly group: number;
  /** ln(n / place), where it is in this place of the n songs that are weighed. */
  readonly score: number;
  /** How much the song is for this group: 1 / place, as a share of all groups' */
  readonly share: number;
}

export interface GroupAnswer extends Omit<Answer, "items"> {
  readonly items: (Item & { readonly groups: GroupShare[] })[];
}

export interface GroupRanking {
  readonly rank: Ranker;
  /** What a song that was ranked is to each of them. */
  scoresOf(row: number): number[];
}

/** The best songs of each group that are weighed against each other; behind them all others come in turns. */
const weighed = 1000;
/** What the first song that is not weighed is behind the last one that is, and each the one before. */
const gap = 1;
const perPlace = 1e-3;

/**
 * Puts the rankings of several groups together. What counts are places, since the scores of a long list of one style are
 * distributed in another way than those of a short one: by ln(n / place) (Savage 1956) none has more of a say than
 * another. A song beyond a group's best counts as the last one.
 */
export function rankForGroups(rankers: readonly Ranker[], aggregation: Aggregation): GroupRanking {
  let known: Weighed | undefined;
  const weighAll = (lists: readonly RankedRows[]) => (known ??= weigh(lists, aggregation));
  return {
    scoresOf: (row) => known?.scoresOf(row) ?? rankers.map(() => 0),
    rank: (count) => rankTogether(rankers, known, weighAll, count),
  };
}

async function rankTogether(
  rankers: readonly Ranker[],
  known: Weighed | undefined,
  weighAll: (lists: readonly RankedRows[]) => Weighed,
  count: number,
): Promise<RankedRows> {
  const { best, isAll, places } = known ?? weighAll(await listsOf(rankers, weighed));
  const rest =
    count > best.length && !isAll ? (await behind(rankers, count, places)).slice(0, count - best.length) : [];
  const edge = (best.at(-1)?.score ?? 0) - gap;
  const found = best.slice(0, count);
  return {
    rows: Uint32Array.from([...found.map(({ row }) => row), ...rest]),
    scores: [...found.map(({ score }) => score), ...rest.map((_, i) => edge - i * perPlace)],
  };
}

async function listsOf(rankers: readonly Ranker[], count: number): Promise<RankedRows[]> {
  const lists: RankedRows[] = [];
  for (const rank of rankers) lists.push(await rank(count));
  return lists;
}

async function behind(rankers: readonly Ranker[], count: number, places: Weighed["places"]): Promise<number[]> {
  const more = (await listsOf(rankers, count)).map(({ rows }) => rows.subarray(weighed));
  const longest = Math.max(0, ...more.map(({ length }) => length));
  const interleaved = Array.from({ length: longest }, (_, place) => more.map((list) => list[place])).flat();
  return [...new Set(interleaved)].filter((row) => row !== undefined).filter((row) => !places.has(row));
}

/** The best songs of all groups. */
interface Weighed {
  readonly best: readonly { readonly row: number; readonly score: number }[];
  /** Whether there are no others. */
  readonly isAll: boolean;
  /** By their rows. */
  readonly places: ReadonlyMap<number, number>;
  scoresOf(row: number): number[];
}

function weigh(lists: readonly RankedRows[], aggregation: Aggregation): Weighed {
  const places = new Map<number, number>();
  for (const { rows } of lists) for (const row of rows) if (!places.has(row)) places.set(row, places.size);
  const scores = new Float64Array(places.size * lists.length);
  for (const [group, { rows }] of lists.entries()) {
    for (const [i, row] of rows.entries())
      scores[(places.get(row) ?? 0) * lists.length + group] = Math.log(places.size / (i + 1));
  }
  const scoresAt = (place: number) => scores.subarray(place * lists.length, (place + 1) * lists.length);
  const together = Array.from(places, ([row, place]) => ({ row, ...aggregate(scoresAt(place), aggregation) }));
  return {
    best: together.toSorted((a, b) => b.score - a.score || b.mean - a.mean || a.row - b.row),
    isAll: lists.every(({ rows }) => rows.length < weighed),
    places,
    scoresOf(row) {
      const place = places.get(row);
      return place === undefined ? lists.map(() => 0) : [...scoresAt(place)];
    },
  };
}

export function sharesOf(groups: readonly number[], scores: readonly number[]): GroupShare[] {
  const most = Math.max(...scores);
  const odds = scores.map((score) => Math.exp(score - most));
  const sum = odds.reduce((all, each) => all + each, 0);
  return scores.map((score, i) => ({
    group: groups[i] ?? 0,
    score: toSixDecimals(score),
    share: toSixDecimals((odds[i] ?? 0) / sum),
  }));
}

function aggregate(scores: Float64Array, aggregation: Aggregation): { score: number; mean: number } {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return { mean, score: aggregation === "mean" ? mean : Math.min(...scores) };
}
