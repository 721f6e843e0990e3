import { canonicalId, type ColdStartEmbeddings, findRow } from "../cold-start/embeddings.ts";
import type { Explain } from "../ensemble/explain.ts";
import type { Item, RecommendationQuery, RecommendationResult } from "./recommendation-query.ts";
import type { QuerySources } from "./run-query.ts";

/** Adds reasons to the items of a result. Popular songs have none. */
export async function explainResult(
  { model, resolverFor }: Pick<QuerySources, "model" | "resolverFor">,
  explain: Explain,
  querySongs: RecommendationQuery["songs"],
  result: RecommendationResult,
  coldStart: ColdStartEmbeddings,
): Promise<RecommendationResult> {
  if (result.fallback === "popular")
    return { ...result, items: result.items.map((item) => ({ ...item, because: [] })) };
  const resolved = resolverFor(coldStart)
    .resolve(querySongs)
    .map((song) => ({ ...song, songId: canonicalId(model, coldStart, song.songId) }));
  const items = result.items.map(({ songId, playedAgo }) => {
    const row = findRow(model, coldStart, songId);
    return {
      terms: row === undefined ? [] : (coldStart.at(row)?.terms ?? [{ row, weight: 1 }]),
      ...(playedAgo !== undefined && { repeats: songId }),
    };
  });
  const reasons = await explain(resolved, items, result.fallback ?? result.strategy);
  return { ...result, items: result.items.map((item, i) => ({ ...item, because: because(item, reasons[i] ?? []) })) };
}

/** Says of a repeat how many songs ago it was played. */
function because({ songId, playedAgo }: Item, reasons: Awaited<ReturnType<Explain>>[number]): Item["because"] {
  if (playedAgo === undefined) return reasons;
  const text = `played ${playedAgo} ${playedAgo === 1 ? "song" : "songs"} ago`;
  return reasons.map((reason) => (reason.songId === songId ? { ...reason, playedAgo, text } : reason));
}
