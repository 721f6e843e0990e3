import type { Model } from "../model/model.ts";
import { indexPlaylists, type Playlists } from "../model/memory/playlist-index.ts";
import { type Blend, weightedSums, defaultBlend } from "../recommend/ensemble/blend.ts";
import { type Blender, blenderOf, singleFeatures } from "../recommend/ensemble/blender.ts";
import type { CooccurringSongs } from "../recommend/ensemble/cooccurrence.ts";
import { createCooccurrenceCounter } from "../recommend/ensemble/cooccurrence-counter.ts";
import type { Term } from "../recommend/vectors/mean.ts";
import { createNeighbours } from "../recommend/ensemble/neighbours.ts";
import { openVectorScores } from "../recommend/vectors/vector-scores.ts";
import { itemKnn, popularity, type Ranker, sessionKnn } from "./baselines.ts";
import { evaluate, type Evaluation, ndcgOf, type Question } from "./evaluation.ts";
import type { Example } from "./choice-model.ts";
import { fitBlend } from "./fit-blend.ts";

export interface Assessment {
  readonly blend: Blend;
  readonly evaluation: Evaluation;
}

/**
 * Fits the weights of the blend to held-out plays, and says how well they and each method alone find them. The blend is
 * judged by two halves, each with the weights that the other one gives.
 *
 * @param playlists without what is held out
 */
export async function assess(model: Model, playlists: Playlists, questions: readonly Question[]): Promise<Assessment> {
  const words = await openVectorScores(model);
  const blender = await blenderFor(model, playlists, defaultBlend);
  const { examples, blend } = fitHalves(blender, questions);
  const byWords =
    (nearest: (terms: readonly Term[], count: number, excluded: Iterable<number>) => Uint32Array): Ranker =>
    (query, count) =>
      nearest(termsOf(query), count, query);
  const evaluation = await evaluate(questions, model, {
    blend,
    playlists: (query, count) => blender.rank(termsOf(query), query, count, singleFeatures.playlists).rows,
    cooccurrence: (query, count) => blender.rank(termsOf(query), query, count, singleFeatures.cooccurrence).rows,
    context: byWords((terms, count, excluded) => words.nearest(terms, count, excluded).rows),
    similarity: byWords((terms, count, excluded) => words.mostSimilar(terms, count, excluded).rows),
    "item-kNN": itemKnn(blender.index),
    "session-kNN": sessionKnn(blender.index),
    popularity: popularity(model.counts.length),
  });
  return { blend: fitBlend(examples, defaultBlend), evaluation };
}

/** NDCG@10 of each question, by the blend, judged as above, and by the vectors alone. */
export async function judgeBlend(
  model: Model,
  playlists: Playlists,
  questions: readonly Question[],
): Promise<{ blend: number[]; context: number[] }> {
  const words = await openVectorScores(model);
  const { blend } = fitHalves(await blenderFor(model, playlists, defaultBlend), questions);
  return {
    blend: ndcgOf(questions, blend),
    context: ndcgOf(questions, (query, count) => words.nearest(termsOf(query), count, query).rows),
  };
}

function fitHalves(blender: Blender, questions: readonly Question[]): { examples: Example[]; blend: Ranker } {
  const examples = questions.map((question) => exampleOf(blender, question));
  const halves = [0, 1].map((half) => examples.filter((_, i) => i % 2 === half));
  const fits = halves.map((half) => fitBlend(half, defaultBlend));
  const blended = new Map(questions.map(({ query }, i) => [query, ranked(examples[i], fits[1 - (i % 2)])]));
  return { examples, blend: (query, count) => (blended.get(query) ?? new Uint32Array()).subarray(0, count) };
}

/** The recommender of a model as it would be with these playlists. */
export async function blenderFor(model: Model, playlists: Playlists, blend: Blend): Promise<Blender> {
  const index = indexPlaylists(playlists, model.counts.length);
  const count = createCooccurrenceCounter(index);
  const counted = new Map<number, CooccurringSongs>();
  const cooccurringSongs = (row: number) => {
    const companions = counted.get(row) ?? count(row);
    counted.set(row, companions);
    return companions;
  };
  return blenderOf({
    index,
    findNeighbours: createNeighbours(index),
    counts: model.counts,
    cooccurringSongs,
    vectors: await openVectorScores(model),
    hasTree: model.hasTree,
    blend,
  });
}

export function termsOf(query: Uint32Array): Term[] {
  return Array.from(query, (row) => ({ row, weight: 1 }));
}

function exampleOf(blender: Blender, { query, truth, wanted }: Question): Example {
  const features = blender.extractFeatures(termsOf(query), query);
  const sought = new Set(truth);
  return {
    ...features,
    truth: [...features.rows.keys()].filter((i) => sought.has(features.rows[i] as number)),
    wanted,
  };
}

function ranked(example: Example | undefined, blend: Blend | undefined): Uint32Array {
  if (!example || !blend) return new Uint32Array();
  const scores = weightedSums(example, blend);
  const order = Uint32Array.from(scores.keys()).sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  return order.map((i) => example.rows[i] as number);
}
