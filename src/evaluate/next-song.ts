import { z } from "zod";
import type { Playlists } from "../model/memory/playlist-index.ts";
import { type Blend, defaultBlend, defaultRepeatBlend, weightedSums } from "../recommend/ensemble/blend.ts";
import type { Blender } from "../recommend/ensemble/blender.ts";
import type { Term } from "../recommend/vectors/mean.ts";
import type { Example } from "./choice-model.ts";
import { fitNextSongs } from "./fit-blend.ts";

const figuresSchema = z.object({
  precision20: z.number().describe("P@20: share of the cases whose next song is among the first 20"),
  meanReciprocalRank20: z.number().describe("MRR@20: mean reciprocal rank of the next song, 0 beyond 20"),
});

/** How well the blend predicts the next song. */
export const nextSongSchema = z
  .object({
    cases: z.int().describe("Number of beginnings of held-out playlists"),
    repeats: z.number().describe("Share of the cases whose next song is in the beginning"),
    exclude: figuresSchema.describe("Songs of the beginning are not recommended"),
    allow: figuresSchema.describe("Songs of the beginning may be recommended"),
  })
  .meta({ id: "NextSongEvaluation" });
export type NextSongEvaluation = z.infer<typeof nextSongSchema>;

/** The beginning of a playlist, with repeats, and the song after it. */
export interface NextSongCase<Song = number> {
  readonly history: readonly Song[];
  readonly next: Song;
}

/** Ranks the songs after a beginning. @returns at most `count` songs, best first */
export type NextSongRanker<Song = number> = (
  history: readonly Song[],
  repeats: "exclude" | "allow",
  count: number,
) => Iterable<Song> | Promise<Iterable<Song>>;

export interface HeldOutPlaylists {
  /** Without the held-out ends. */
  readonly playlists: Playlists;
  readonly held: Uint32Array;
  readonly heldOutTokens: Uint32Array;
}

/** Earlier songs of a beginning hardly count. */
const maxHistory = 500;

/**
 * Every beginning of a playlist that ends in its held-out part; at most `limit`, evenly spaced.
 *
 * @param isIncluded whether the beginnings of a playlist are cases
 */
export function nextSongCases(
  { playlists, held, heldOutTokens }: HeldOutPlaylists,
  limit: number,
  isIncluded: (playlist: number) => boolean = () => true,
): NextSongCase[] {
  const { rows, offsets } = playlists;
  const lengthOf = (playlist: number) => (offsets[playlist + 1] as number) - (offsets[playlist] as number);
  const firstCase = (playlist: number, ends: number) =>
    ends > 0 && isIncluded(playlist) ? Math.min(ends, lengthOf(playlist) > 0 ? 0 : 1) : ends;
  const count = held.reduce((sum, ends, playlist) => sum + ends - firstCase(playlist, ends), 0);
  const step = Math.max(1, count / limit);
  const cases: NextSongCase[] = [];
  let [at, seen] = [0, 0];
  for (const [playlist, ends] of held.entries()) {
    const known = rows.subarray(offsets[playlist], offsets[playlist + 1]);
    const end = heldOutTokens.subarray(at, (at += ends));
    for (let i = firstCase(playlist, ends); i < ends; i++) {
      if (seen++ < cases.length * step) continue;
      const history = [...known.subarray(-maxHistory), ...end.subarray(0, i)].slice(-maxHistory);
      cases.push({ history, next: end[i] as number });
    }
  }
  return cases;
}

/** Playlists without held-out ends, so that no case has its own playlist as a neighbour. */
export function otherPlaylists({ rows, offsets }: Playlists, held: Uint32Array): Playlists {
  const kept = [...held.keys()].filter((playlist) => held[playlist] === 0);
  const starts = new Uint32Array(kept.length + 1);
  for (const [i, playlist] of kept.entries())
    starts[i + 1] = (starts[i] as number) + (offsets[playlist + 1] as number) - (offsets[playlist] as number);
  const all = new Uint32Array(starts.at(-1) ?? 0);
  for (const [i, playlist] of kept.entries())
    all.set(rows.subarray(offsets[playlist], offsets[playlist + 1]), starts[i] as number);
  return { rows: all, offsets: starts };
}

const depth = 20;

/**
 * Fits the weights of the blend for next songs that may be repeats, and evaluates the blend with and without repeats by
 * two-fold cross-validation.
 *
 * @param blender of playlists without those of the cases
 * @returns the weights for repeats; null without cases
 */
export function assessNextSongs(
  blender: Blender,
  cases: readonly NextSongCase[],
): { readonly blend: Blend; readonly evaluation: NextSongEvaluation } | null {
  if (cases.length === 0) return null;
  const allow = cases.map((nextSong) => toExample(blender, nextSong, true));
  const exclude = cases.map((nextSong) => toExample(blender, nextSong, false));
  return {
    blend: fitNextSongs(allow, defaultRepeatBlend),
    evaluation: {
      cases: cases.length,
      repeats: shareOfRepeats(cases),
      exclude: crossValidate(exclude, defaultBlend),
      allow: crossValidate(allow, defaultRepeatBlend),
    },
  };
}

/** Evaluates a ranker with and without repeats. @param cases at least one */
export async function evaluateNextSongs<Song>(
  cases: readonly NextSongCase<Song>[],
  rank: NextSongRanker<Song>,
): Promise<NextSongEvaluation> {
  const evaluateWith = async (repeats: "exclude" | "allow") => {
    const ranks: number[] = [];
    for (const { history, next } of cases) ranks.push(1 + [...(await rank(history, repeats, depth))].indexOf(next));
    return figuresOf(ranks);
  };
  return {
    cases: cases.length,
    repeats: shareOfRepeats(cases),
    exclude: await evaluateWith("exclude"),
    allow: await evaluateWith("allow"),
  };
}

function toExample(blender: Blender, { history, next }: NextSongCase, isRepeatable: boolean): Example {
  const query = [...new Set(history.toReversed())].reverse();
  const terms: Term[] = query.map((row) => ({ row, weight: 1 }));
  const features = isRepeatable
    ? blender.extractFeatures(terms, [], undefined, undefined, history)
    : blender.extractFeatures(terms, query);
  const index = features.rows.indexOf(next);
  return { ...features, truth: index < 0 ? [] : [index], truthCount: 1 };
}

function crossValidate(examples: readonly Example[], start: Blend): NextSongEvaluation["allow"] {
  const fits = [0, 1].map((half) =>
    fitNextSongs(
      examples.filter((_, i) => i % 2 === half),
      start,
    ),
  );
  return figuresOf(
    examples.map((example, i) => {
      const [truth] = example.truth;
      if (truth === undefined) return 0;
      const scores = weightedSums(example, fits[1 - (i % 2)] ?? start);
      return 1 + scores.reduce((better, score) => better + (score > (scores[truth] as number) ? 1 : 0), 0);
    }),
  );
}

/** @param ranks of the next songs, from 1; 0 for a song that is not ranked */
function figuresOf(ranks: readonly number[]): NextSongEvaluation["allow"] {
  const hits = ranks.filter((rank) => rank > 0 && rank <= depth);
  return {
    precision20: round(hits.length / ranks.length),
    meanReciprocalRank20: round(hits.reduce((sum, rank) => sum + 1 / rank, 0) / ranks.length),
  };
}

function shareOfRepeats<Song>(cases: readonly NextSongCase<Song>[]): number {
  return round(cases.filter(({ history, next }) => history.includes(next)).length / cases.length);
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
