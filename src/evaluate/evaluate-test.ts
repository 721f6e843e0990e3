import type { Model } from "../model/model.ts";
import { createRecommender, type Strategy } from "../recommend/query/recommender.ts";
import { type AsyncRanker, itemKnn, popularity, type Ranker, sessionKnn } from "./baselines.ts";
import { evaluate, type Evaluation, type EvaluationCase } from "./evaluation.ts";
import type { TestCase } from "./test-cases.ts";

const strategies: readonly Strategy[] = ["blend", "playlists", "cooccurrence", "context", "similarity"];

/** Evaluates the strategies of a model on test playlists, with baselines computed from its training playlists. */
export async function evaluateTest(model: Model, cases: readonly TestCase[]): Promise<Evaluation> {
  const { playlistIndex } = model;
  const recommender = await createRecommender(model, 0);
  const rowsOf = (songIds: Iterable<string>) =>
    Uint32Array.from([...songIds].map((songId) => model.rows.get(songId)).filter((row) => row !== undefined));
  const songIdsByQuery = new Map<Uint32Array, readonly string[]>();
  const evaluationCases = cases.map(({ query, truth }): EvaluationCase => {
    const evaluationCase = { query: rowsOf(new Set(query)), truth: rowsOf(truth), truthCount: truth.size };
    songIdsByQuery.set(evaluationCase.query, query);
    return evaluationCase;
  });
  const rankBy =
    (strategy: Strategy): AsyncRanker =>
    async (query, limit) => {
      const { items } = await recommender.recommend({
        songs: (songIdsByQuery.get(query) ?? []).map((songId) => ({ songId, weight: 1 })),
        strategy,
        limit,
      });
      return rowsOf(items.map(({ songId }) => songId));
    };
  const baselines: Record<string, Ranker> = {
    ...(playlistIndex && { "item-kNN": itemKnn(playlistIndex), "session-kNN": sessionKnn(playlistIndex) }),
    popularity: popularity(model.popularity.order),
  };
  try {
    return await evaluate(evaluationCases, model, {
      ...Object.fromEntries(strategies.map((strategy) => [strategy, rankBy(strategy)])),
      ...baselines,
    });
  } finally {
    await recommender.close();
  }
}
