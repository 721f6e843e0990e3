import { contextQuery, similarityQuery, type Term } from "../vectors/mean.ts";
import type { IsExcluded, ColdStartRanking, ColdStartEmbeddings } from "./embeddings.ts";
import type { Strategy } from "../ensemble/strategy.ts";
import type { Search } from "../pool/search.ts";

export interface ColdStartQuery {
  readonly search: Pick<Search, "model" | "scoresOf" | "blend">;
  readonly terms: readonly Term[];
  readonly strategy: Strategy;
  readonly isExcluded: IsExcluded;
}

/** Songs of the model whose scores are looked at; what is behind them counts as the last. */
const rankingDepth = 1000;

/**
 * Ranks newcomers as the strategy ranks songs: by their vectors, or by what the songs that stand for them score. One that
 * is itself in the question scores as the best other song does.
 */
export async function rankColdStartSongs(
  coldStart: ColdStartEmbeddings,
  { search: { model, scoresOf, blend }, terms, strategy, isExcluded }: ColdStartQuery,
): Promise<ColdStartRanking> {
  if (strategy === "similarity") return coldStart.similar(similarityQuery(model, terms), isExcluded);
  if (strategy === "context") return coldStart.scored(scoreByContext, model.hasTree, isExcluded);
  const { rows, scores } = await blend({ terms, strategy }, rankingDepth, new Set(terms.map(({ row }) => row)));
  return coldStart.scored(scoreByRanking, true, isExcluded);

  function scoreByContext(values: Float64Array): void {
    const found = scoresOf("output", contextQuery(model, terms), coldStart.references);
    for (const [i, row] of coldStart.references.entries()) values[row] = found[i] ?? 0;
  }

  function scoreByRanking(values: Float64Array): void {
    values.fill(scores[rows.length - 1] ?? 0);
    for (const [i, row] of rows.entries()) values[row] = scores[i] ?? 0;
    for (const { row, weight } of terms) if (weight > 0) values[row] = scores[0] ?? 0;
  }
}
