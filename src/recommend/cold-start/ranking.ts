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

/** Known songs that are ranked; all others get the score of the last one. */
const rankingDepth = 1000;

/**
 * Ranks cold-start songs by a strategy: by their vectors for `similarity`, and by the scores of their references
 * otherwise. A reference that is part of the query gets the score of the best other song.
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
