import { type ColdStartEmbeddings, rowOf } from "../cold-start/embeddings.ts";
import { type GroupQuery, type GroupRanking, type GroupResult, rankForGroups, sharesOf } from "./groups.ts";
import type { Rankings } from "./rankings.ts";
import type { QueryRunner, QuerySources } from "./run-query.ts";

/** Runs a query of several groups. @throws UNKNOWN_SONGS if `onUnknown` is `error` */
export async function runGroupQuery(
  { model, rankings, resolverFor }: QuerySources,
  { run }: QueryRunner,
  { groups, aggregation = "mean", ...query }: GroupQuery,
  coldStart: ColdStartEmbeddings,
): Promise<GroupResult> {
  const resolver = resolverFor(coldStart);
  const knownGroups = groups
    .map((songs, group) => ({ likes: resolver.termsOf(songs), history: resolver.historyOf(songs), group }))
    .filter(({ likes }) => likes.length > 0);
  const dislikes = resolver.dislikedTermsOf(query.dislikes ?? []);
  const groupIndices = knownGroups.map(({ group }) => group);
  let ranking: GroupRanking | undefined;
  const rankingOf: Rankings["byStrategy"] = (_, strategy, scope) => {
    ranking = rankForGroups(
      knownGroups.map(({ likes, history }) =>
        rankings.byStrategy([...likes, ...dislikes], strategy, scope.history ? { ...scope, history } : scope),
      ),
      aggregation,
    );
    return ranking.rank;
  };
  const histories = knownGroups.map(({ history }) => history);
  const result = await run({ ...query, songs: groups.flat() }, coldStart, { rankingOf, histories });
  return {
    ...result,
    items: result.items.map((item) => ({
      ...item,
      groups: ranking ? sharesOf(groupIndices, ranking.scoresOf(rowOf(model, coldStart, item.songId))) : [],
    })),
  };
}
