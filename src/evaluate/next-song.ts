import { z } from "zod";
import type { Playlists } from "../model/memory/playlist-index.ts";
import { type Blend, weightedSums, withRepeats } from "../recommend/ensemble/blend.ts";
import type { Blender } from "../recommend/ensemble/blender.ts";
import type { Term } from "../recommend/vectors/mean.ts";
import type { Example } from "./choice-model.ts";
import { fitBlend } from "./fit-blend.ts";

const figuresSchema = z.object({
  precision20: z.number().describe("P@20: share of the cases whose next song is among the first 20"),
  meanReciprocalRank20: z.number().describe("MRR@20: mean reciprocal rank of the next song, 0 beyond 20"),
});

/** How well the blend predicts the next song of playlists that it does not know. */
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
 * Every beginning of a playlist that is held out as a whole; at most `limit`, evenly spaced.
 *
 * @param isIncluded whether the beginnings of a playlist are cases
 */
export function nextSongCases(
  { playlists: { offsets }, held, heldOutTokens }: HeldOutPlaylists,
  limit: number,
  isIncluded: (playlist: number) => boolean = () => true,
): NextSongCase[] {
  const whole: { readonly songs: number[] }[] = [];
  let at = 0;
  for (const [playlist, plays] of held.entries()) {
    const songs = heldOutTokens.subarray(at, (at += plays));
    if (offsets[playlist] === offsets[playlist + 1] && isIncluded(playlist)) whole.push({ songs: [...songs] });
  }
  return beginningsOf(whole, limit);
}

/**
 * Every beginning of the playlists; at most `limit`, evenly spaced.
 *
 * @param playlists with the index of the first next song, 1 by default
 */
export function beginningsOf<Song>(
  playlists: readonly { readonly songs: readonly Song[]; readonly first?: number }[],
  limit: number,
): NextSongCase<Song>[] {
  const count = playlists.reduce((sum, { songs, first = 1 }) => sum + Math.max(0, songs.length - first), 0);
  const step = Math.max(1, count / limit);
  const cases: NextSongCase<Song>[] = [];
  let seen = 0;
  for (const { songs, first = 1 } of playlists)
    for (const [i, next] of songs.slice(first).entries()) {
      if (seen++ < cases.length * step) continue;
      cases.push({ history: songs.slice(Math.max(0, first + i - maxHistory), first + i), next });
    }
  return cases;
}

const depth = 20;
/** The figures without repeats are of a part of the cases, because features take most of the time. */
const maxExcludeCases = 1000;

/**
 * Fits the weights of the blend for next songs that may be repeats, and evaluates the blend with and without repeats:
 * with repeats by two-fold cross-validation, without them with the given weights.
 *
 * @param blender of playlists without those of the cases
 * @param blend fitted to queries whose songs are excluded; fitting starts from it
 * @returns the weights for repeats; null without cases
 */
export function assessNextSongs(
  blender: Blender,
  cases: readonly NextSongCase[],
  blend: Blend,
): { readonly blend: Blend; readonly evaluation: NextSongEvaluation } | null {
  if (cases.length === 0) return null;
  const allow = cases.map((nextSong) => toExample(blender, nextSong, true));
  const fit = (examples: readonly Example[]) => fitBlend(examples, withRepeats(blend));
  const step = Math.ceil(cases.length / maxExcludeCases);
  const sample = cases.filter((_, i) => i % step === 0);
  const middle = allow.length >> 1;
  const [first, second] = [allow.slice(0, middle), allow.slice(middle)];
  const ranksOf = (examples: readonly Example[], fitted: Blend) => examples.map((example) => rankOf(example, fitted));
  return {
    blend: fit(allow),
    evaluation: {
      cases: cases.length,
      repeats: shareOfRepeats(cases),
      exclude: figuresOf(sample.map((nextSong) => rankOf(toExample(blender, nextSong, false), blend))),
      allow: figuresOf([...ranksOf(first, fit(second)), ...ranksOf(second, fit(first))]),
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

/** The rank of the next song, from 1; 0 if it is not among the candidates. */
function rankOf(example: Example, blend: Blend): number {
  const [truth] = example.truth;
  if (truth === undefined) return 0;
  const scores = weightedSums(example, blend);
  return 1 + scores.reduce((better, score) => better + (score > (scores[truth] as number) ? 1 : 0), 0);
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
