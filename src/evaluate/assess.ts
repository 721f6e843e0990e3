import type { Model } from "../model/model.ts";
import { indexPlaylists, type Playlists } from "../model/memory/playlist-index.ts";
import { rankByPopularity } from "../model/memory/popularity.ts";
import { assessNextSongs, type NextSongCase } from "./next-song.ts";
import { type Blend, weightedSums, defaultBlend, defaultRepeatBlend } from "../recommend/ensemble/blend.ts";
import { type Blender, blenderOf, singleFeatures } from "../recommend/ensemble/blender.ts";
import type { CooccurringSongs } from "../recommend/ensemble/cooccurrence.ts";
import { createCooccurrenceCounter } from "../recommend/ensemble/cooccurrence-counter.ts";
import type { Term } from "../recommend/vectors/mean.ts";
import { createNeighbours } from "../recommend/ensemble/neighbours.ts";
import { openVectorScores } from "../recommend/vectors/vector-scores.ts";
import { itemKnn, popularity, type Ranker, sessionKnn } from "./baselines.ts";
import { evaluate, type Evaluation, ndcgOf, type EvaluationCase } from "./evaluation.ts";
import type { Example } from "./choice-model.ts";
import { fitBlend } from "./fit-blend.ts";

export interface Assessment {
  readonly blend: Blend;
  /** Where songs of the query may be recommended; null without cases. */
  readonly repeatBlend: Blend | null;
  readonly evaluation: Evaluation;
}

/**
 * Fits the weights of the blend to held-out plays, and evaluates the blend and each method alone. The blend is
 * evaluated by two-fold cross-validation: each half of the cases with weights fitted to the other half.
 *
 * @param playlists without the held-out plays
 * @param nextSongs of playlists that are held out as a whole
 */
export async function assess(
  model: Model,
  playlists: Playlists,
  cases: readonly EvaluationCase[],
  nextSongs: readonly NextSongCase[],
): Promise<Assessment> {
  const vectorScores = await openVectorScores(model);
  const blender = await blenderFor(model, playlists, defaultBlend);
  const { examples, blend: rankByBlend } = fitHalves(blender, cases);
  const rankByVectors =
    (nearest: (terms: readonly Term[], count: number, excluded: Iterable<number>) => Uint32Array): Ranker =>
    (query, count) =>
      nearest(termsOf(query), count, query);
  const evaluation = await evaluate(cases, model, {
    blend: rankByBlend,
    playlists: (query, count) => blender.rank(termsOf(query), query, count, singleFeatures.playlists).rows,
    cooccurrence: (query, count) => blender.rank(termsOf(query), query, count, singleFeatures.cooccurrence).rows,
    context: rankByVectors((terms, count, excluded) => vectorScores.nearest(terms, count, excluded).rows),
    similarity: rankByVectors((terms, count, excluded) => vectorScores.mostSimilar(terms, count, excluded).rows),
    "item-kNN": itemKnn(blender.index),
    "session-kNN": sessionKnn(blender.index),
    popularity: popularity(rankByPopularity(blender.index.playlistCounts).order),
  });
  const blend = fitBlend(examples, defaultBlend);
  const nextSong = assessNextSongs(blender, nextSongs, blend);
  return {
    blend,
    repeatBlend: nextSong?.blend ?? null,
    evaluation: { ...evaluation, ...(nextSong && { nextSong: nextSong.evaluation }) },
  };
}

/** Computes NDCG@10 of each case, for the cross-validated blend and for the vectors alone. */
export async function evaluateBlend(
  model: Model,
  playlists: Playlists,
  cases: readonly EvaluationCase[],
): Promise<{ blend: number[]; context: number[] }> {
  const vectorScores = await openVectorScores(model);
  const { blend } = fitHalves(await blenderFor(model, playlists, defaultBlend), cases);
  return {
    blend: ndcgOf(cases, blend),
    context: ndcgOf(cases, (query, count) => vectorScores.nearest(termsOf(query), count, query).rows),
  };
}

function fitHalves(blender: Blender, cases: readonly EvaluationCase[]): { examples: Example[]; blend: Ranker } {
  const examples = cases.map((testCase) => exampleOf(blender, testCase));
  const halves = [0, 1].map((half) => examples.filter((_, i) => i % 2 === half));
  const fits = halves.map((half) => fitBlend(half, defaultBlend));
  const rankingByQuery = new Map(cases.map(({ query }, i) => [query, ranked(examples[i], fits[1 - (i % 2)])]));
  return { examples, blend: (query, count) => (rankingByQuery.get(query) ?? new Uint32Array()).subarray(0, count) };
}

/** Creates the blender of a model with other playlists. */
export async function blenderFor(
  model: Model,
  playlists: Playlists,
  blend: Blend,
  repeatBlend = defaultRepeatBlend,
): Promise<Blender> {
  const index = indexPlaylists(playlists, model.counts.length);
  const count = createCooccurrenceCounter(index);
  const cache = new Map<number, CooccurringSongs>();
  const cooccurringSongs = (row: number) => {
    const cooccurring = cache.get(row) ?? count(row);
    cache.set(row, cooccurring);
    return cooccurring;
  };
  return blenderOf({
    index,
    findNeighbours: createNeighbours(index),
    counts: model.counts,
    cooccurringSongs,
    vectors: await openVectorScores(model),
    hasTree: model.hasTree,
    blend,
    repeatBlend,
  });
}

export function termsOf(query: Uint32Array): Term[] {
  return Array.from(query, (row) => ({ row, weight: 1 }));
}

function exampleOf(blender: Blender, { query, truth, truthCount }: EvaluationCase): Example {
  const features = blender.extractFeatures(termsOf(query), query);
  const truthRows = new Set(truth);
  return {
    ...features,
    truth: [...features.rows.keys()].filter((i) => truthRows.has(features.rows[i] as number)),
    truthCount,
  };
}

function ranked(example: Example | undefined, blend: Blend | undefined): Uint32Array {
  if (!example || !blend) return new Uint32Array();
  const scores = weightedSums(example, blend);
  const order = Uint32Array.from(scores.keys()).sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  return order.map((i) => example.rows[i] as number);
}
