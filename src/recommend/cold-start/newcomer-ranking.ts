import { contextQuery, similarityQuery, type Term } from "../vectors/mean.ts";
import type { IsOut, NewcomerRanker, Newcomers } from "./newcomers.ts";
import type { Strategy } from "../ensemble/strategy.ts";
import type { Search } from "../pool/search.ts";

export interface NewcomerQuestion {
  readonly search: Pick<Search, "model" | "scoresOf" | "blend">;
  readonly terms: readonly Term[];
  readonly strategy: Strategy;
  readonly isOut: IsOut;
}

/** Songs of the model whose scores are looked at; what is behind them counts as the last. */
const lookedAt = 1000;

/**
 * Ranks newcomers as the strategy ranks songs: by their vectors, or by what the songs that stand for them score. One that
 * is itself in the question scores as the best other song does.
 */
export async function rankNewcomers(
  here: Newcomers,
  { search: { model, scoresOf, blend }, terms, strategy, isOut }: NewcomerQuestion,
): Promise<NewcomerRanker> {
  if (strategy === "similarity") return here.similar(similarityQuery(model, terms), isOut);
  if (strategy === "context") return here.scored(scoreByContext, model.hasTree, isOut);
  const { rows, scores } = await blend({ terms, strategy }, lookedAt, new Set(terms.map(({ row }) => row)));
  return here.scored(scoreByRanking, true, isOut);

  function scoreByContext(values: Float64Array): void {
    const found = scoresOf("output", contextQuery(model, terms), here.references);
    for (const [i, row] of here.references.entries()) values[row] = found[i] ?? 0;
  }

  function scoreByRanking(values: Float64Array): void {
    values.fill(scores[rows.length - 1] ?? 0);
    for (const [i, row] of rows.entries()) values[row] = scores[i] ?? 0;
    for (const { row, weight } of terms) if (weight > 0) values[row] = scores[0] ?? 0;
  }
}
