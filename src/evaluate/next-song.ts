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
export interface NextSongCase {
  readonly history: readonly number[];
  readonly next: number;
}

interface HeldOutPlaylists {
  /** Without the held-out ends. */
  readonly playlists: Playlists;
  readonly held: Uint32Array;
  readonly heldOutTokens: Uint32Array;
}

/** Earlier songs of a beginning hardly count. */
const maxHistory = 500;

/** Every beginning of a playlist that ends in its held-out part; at most `limit`, evenly spaced. */
export function nextSongCases({ playlists, held, heldOutTokens }: HeldOutPlaylists, limit: number): NextSongCase[] {
  const { rows, offsets } = playlists;
  const lengthOf = (playlist: number) => (offsets[playlist + 1] as number) - (offsets[playlist] as number);
  const isCase = (playlist: number, i: number) => lengthOf(playlist) + i > 0;
  const count = held.reduce((sum, ends, playlist) => sum + (isCase(playlist, 0) ? ends : Math.max(0, ends - 1)), 0);
  const step = Math.max(1, count / limit);
  const cases: NextSongCase[] = [];
  let [at, seen] = [0, 0];
  for (const [playlist, ends] of held.entries()) {
    const known = rows.subarray(offsets[playlist], offsets[playlist + 1]);
    const end = heldOutTokens.subarray(at, (at += ends));
    for (let i = 0; i < ends; i++) {
      if (!isCase(playlist, i) || seen++ < cases.length * step) continue;
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
  const repeats = cases.filter(({ history, next }) => history.includes(next)).length;
  return {
    blend: fitNextSongs(allow, defaultRepeatBlend),
    evaluation: {
      cases: cases.length,
      repeats: round(repeats / cases.length),
      exclude: crossValidate(exclude, defaultBlend),
      allow: crossValidate(allow, defaultRepeatBlend),
    },
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
  let [hits, reciprocalRanks] = [0, 0];
  for (const [i, example] of examples.entries()) {
    const [truth] = example.truth;
    if (truth === undefined) continue;
    const scores = weightedSums(example, fits[1 - (i % 2)] ?? start);
    const rank = 1 + scores.reduce((better, score) => better + (score > (scores[truth] as number) ? 1 : 0), 0);
    if (rank > depth) continue;
    hits++;
    reciprocalRanks += 1 / rank;
  }
  return {
    precision20: round(hits / examples.length),
    meanReciprocalRank20: round(reciprocalRanks / examples.length),
  };
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
