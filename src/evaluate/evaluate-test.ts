import type { Model } from "../model/model.ts";
import { createRecommender, type Strategy } from "../recommend/query/recommender.ts";
import { type AsyncRanker, itemKnn, popularity, type Ranker, sessionKnn } from "./baselines.ts";
import { evaluate, type Evaluation, type Question } from "./evaluation.ts";
import type { TestCase } from "./test-cases.ts";

const strategies: readonly Strategy[] = ["blend", "playlists", "cooccurrence", "context", "similarity"];

/** How well a model recommends what it never saw: asked as its service is, beside the baselines of what it was trained on. */
export async function evaluateTest(model: Model, cases: readonly TestCase[]): Promise<Evaluation> {
  const { playlistIndex } = model;
  const recommender = await createRecommender(model, 0);
  const rowsOf = (songIds: Iterable<string>) =>
    Uint32Array.from([...songIds].map((songId) => model.rows.get(songId)).filter((row) => row !== undefined));
  const asked = new Map<Uint32Array, readonly string[]>();
  const questions = cases.map(({ query, truth }): Question => {
    const question = { query: rowsOf(new Set(query)), truth: rowsOf(truth), wanted: truth.size };
    asked.set(question.query, query);
    return question;
  });
  const by =
    (strategy: Strategy): AsyncRanker =>
    async (query, limit) => {
      const { items } = await recommender.recommend({
        songs: (asked.get(query) ?? []).map((songId) => ({ songId, weight: 1 })),
        strategy,
        limit,
      });
      return rowsOf(items.map(({ songId }) => songId));
    };
  const baselines: Record<string, Ranker> = {
    ...(playlistIndex && { "item-kNN": itemKnn(playlistIndex), "session-kNN": sessionKnn(playlistIndex) }),
    popularity: popularity(model.counts.length),
  };
  try {
    return await evaluate(questions, model, {
      ...Object.fromEntries(strategies.map((strategy) => [strategy, by(strategy)])),
      ...baselines,
    });
  } finally {
    await recommender.close();
  }
}
