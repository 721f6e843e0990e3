import type { Model } from "../model/model.ts";
import { createRecommender, type RecommendationQuery, type Strategy } from "../recommend/query/recommender.ts";
import { type AsyncRanker, itemKnn, popularity, type Ranker, sessionKnn } from "./baselines.ts";
import { evaluate, type Evaluation, type EvaluationCase } from "./evaluation.ts";
import { evaluateNextSongs, type NextSongCase } from "./next-song.ts";
import type { TestCase } from "./test-cases.ts";

type Options = "strategy" | "limit" | "repeats";

const strategies: readonly Strategy[] = ["blend", "playlists", "cooccurrence", "context", "similarity"];

/**
 * Evaluates the strategies of a model on test playlists, with baselines computed from its training playlists.
 *
 * @param nextSongs cases for the blend with and without repeats
 */
export async function evaluateTest(
  model: Model,
  cases: readonly TestCase[],
  nextSongs: readonly NextSongCase<string>[] = [],
): Promise<Evaluation> {
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
  const recommend = async (songIds: readonly string[], options: Pick<RecommendationQuery, Options>) => {
    const songs = songIds.map((songId) => ({ songId, weight: 1 }));
    return (await recommender.recommend({ songs, ...options })).items.map(({ songId }) => songId);
  };
  const rankBy =
    (strategy: Strategy): AsyncRanker =>
    async (query, limit) =>
      rowsOf(await recommend(songIdsByQuery.get(query) ?? [], { strategy, limit }));
  const baselines: Record<string, Ranker> = {
    ...(playlistIndex && { "item-kNN": itemKnn(playlistIndex), "session-kNN": sessionKnn(playlistIndex) }),
    popularity: popularity(model.popularity.order),
  };
  /** The spelling of the model. */
  const canonical = (songId: string) => {
    const row = model.rows.get(songId);
    return (row === undefined ? undefined : model.songs.at(row)?.id) ?? songId;
  };
  const nextSongsOfModel = nextSongs.map(({ history, next }) => ({
    history: history.map(canonical),
    next: canonical(next),
  }));
  try {
    const evaluation = await evaluate(evaluationCases, model, {
      ...Object.fromEntries(strategies.map((strategy) => [strategy, rankBy(strategy)])),
      ...baselines,
    });
    if (nextSongs.length === 0) return evaluation;
    const nextSong = await evaluateNextSongs(nextSongsOfModel, (history, repeats, limit) =>
      recommend(history, { strategy: "blend", repeats, limit }),
    );
    return { ...evaluation, nextSong };
  } finally {
    await recommender.close();
  }
}
