import { removeEnds } from "../../corpus/holdout.ts";
import { blenderFor, termsOf } from "../../evaluate/assess.ts";
import { type EvaluationCase, ndcgOf } from "../../evaluate/evaluation.ts";
import {
  evaluateNextSongs,
  type HeldOutPlaylists,
  type NextSongCase,
  type NextSongEvaluation,
} from "../../evaluate/next-song.ts";
import type { Model } from "../../model/model.ts";
import type { StoredPlaylists } from "../../model/format/playlists.ts";
import type { Blend } from "../../recommend/ensemble/blend.ts";
import { hasRepeats } from "../../recommend/ensemble/repeats.ts";
import { openVectorScores } from "../../recommend/vectors/vector-scores.ts";

/** Playlists as in a training: without the held-out ends. */
export interface SplitPlaylists extends HeldOutPlaylists {
  /** Key of each playlist [playlists]. */
  readonly keys: Uint32Array;
}

/** A version with the playlists of its training. */
export interface EvaluatedVersion {
  readonly model: Model;
  /** Null for a model without playlists. */
  readonly split: SplitPlaylists | null;
  readonly blend: Blend;
  readonly repeatBlend: Blend;
}

export function splitStored({ rows, offsets, held, keys }: StoredPlaylists): SplitPlaylists {
  const { left, heldOutTokens } = removeEnds({ tokens: rows, offsets }, held);
  return { playlists: { rows: left.tokens, offsets: left.offsets }, held, heldOutTokens, keys };
}

/** Computes NDCG@10 of each case. Without playlists, songs are ranked by vectors. */
export async function evaluateCases(
  { model, split, blend }: EvaluatedVersion,
  cases: readonly EvaluationCase[],
): Promise<number[]> {
  const blender = split && (await blenderFor(model, split.playlists, blend));
  const { nearest } = await openVectorScores(model);
  return ndcgOf(cases, (query, count) => {
    const terms = termsOf(query);
    return (blender ? blender.rank(terms, query, count) : nearest(terms, count, query)).rows;
  });
}

/** Evaluates next songs. @param cases rows; negative for unknown songs */
export async function evaluateNext(
  { model, split, blend, repeatBlend }: EvaluatedVersion,
  cases: readonly NextSongCase[],
): Promise<NextSongEvaluation> {
  const blender = split && (await blenderFor(model, split.playlists, blend, repeatBlend));
  const canRepeat = blender !== null && hasRepeats(blender.index);
  const { nearest } = await openVectorScores(model);
  return evaluateNextSongs(cases, (beginning, repeats, count) => {
    const history = beginning.filter((row) => row >= 0);
    const query = Uint32Array.from(new Set(history.toReversed())).reverse();
    if (query.length === 0) return [];
    const terms = termsOf(query);
    if (!blender) return nearest(terms, count, query).rows;
    return repeats === "allow" && canRepeat
      ? blender.rank(terms, [], count, undefined, history).rows
      : blender.rank(terms, query, count).rows;
  });
}
