import { toSixDecimals } from './named.ts';
import type { Answer, Item, Question } from './question.ts';
import type { Ranker } from './rankers.ts';

export const aggregations = ['mean', 'leastMisery'] as const;
/** What a song is to all groups: the mean of what it is to each, or what it is to the one that likes it least. */
export type Aggregation = (typeof aggregations)[number];

export interface GroupQuestion extends Omit<Question, 'songs'> {
  readonly groups: readonly Question['songs'][];
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

export interface GroupAnswer extends Omit<Answer, 'items'> {
  readonly items: (Item & { readonly groups: GroupShare[] })[];
}

export interface GroupRanking {
  readonly ranked: Ranker;
  /** What a song is to each of them. */
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
  const lists = rankers.map((ranker) => ranker(weighed));
  const rows = [...new Set(lists.flatMap((list) => [...list.rows]))];
  const places = lists.map((list) => new Map(Array.from(list.rows, (row, i) => [row, i + 1])));
  const scoresOf = (row: number) => places.map((ofGroup) => Math.log(rows.length / (ofGroup.get(row) ?? rows.length)));
  const known = new Set(rows);
  const together = rows.map((row) => ({ row, ...aggregate(scoresOf(row), aggregation) }));
  const best = together.toSorted((a, b) => b.score - a.score || b.mean - a.mean || a.row - b.row);

  function behind(count: number): number[] {
    const more = rankers.map((ranker) => ranker(count).rows.subarray(weighed));
    const longest = Math.max(0, ...more.map(({ length }) => length));
    const inTurns = Array.from({ length: longest }, (_, place) => more.map((list) => list[place])).flat();
    return [...new Set(inTurns.filter((row) => row !== undefined && !known.has(row)))].filter((row) => row !== undefined);
  }

  return {
    scoresOf,
    ranked(count) {
      const rest = count > best.length ? behind(count).slice(0, count - best.length) : [];
      const edge = (best.at(-1)?.score ?? 0) - gap;
      const found = best.slice(0, count);
      return { rows: Uint32Array.from([...found.map(({ row }) => row), ...rest]), scores: [...found.map(({ score }) => score), ...rest.map((_, i) => edge - i * perPlace)] };
    },
  };
}

export function sharesOf(groups: readonly number[], scores: readonly number[]): GroupShare[] {
  const most = Math.max(...scores);
  const odds = scores.map((score) => Math.exp(score - most));
  const sum = odds.reduce((all, each) => all + each, 0);
  return scores.map((score, i) => ({ group: groups[i] ?? 0, score: toSixDecimals(score), share: toSixDecimals((odds[i] ?? 0) / sum) }));
}

function aggregate(scores: readonly number[], aggregation: Aggregation): { score: number; mean: number } {
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  return { mean, score: aggregation === 'mean' ? mean : Math.min(...scores) };
}
