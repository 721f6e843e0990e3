import { scheduler } from "node:timers/promises";
import { createError, Song2vecError } from "../errors.ts";
import type { RecommendationResult, Recommender } from "../recommend/query/recommender.ts";
import type { RouteDeps } from "./deps.ts";
import { countSongs } from "./observability/metrics.ts";
import { invalidFields } from "./problem.ts";
import { toProblem } from "./schemas/problem.ts";
import { type CachedResponse, toResponse } from "./response-cache.ts";
import type { Problem } from "./schemas/problem.ts";
import {
  type RecommendationRequest,
  recommendationRequestSchema,
  recommendationsSchema,
} from "./schemas/recommendations.ts";
import type { SearchQueue } from "./search-queue.ts";
import type { RecommenderOf } from "./recommenders.ts";
import { createSerializer } from "./serializer.ts";

type Deps = Pick<RouteDeps, "cache" | "searchQueue" | "metrics">;

const serialize = createSerializer(recommendationsSchema);
const unqueued: SearchQueue = { run: async (search) => search() };

/**
 * Responds to a request, from the cache if possible.
 * @throws BAD_REQUEST, UNKNOWN_SONGS, UNKNOWN_COLUMN, OVERLOADED, and the errors of `recommenderOf`
 */
export async function recommend(
  { cache, searchQueue, metrics }: Deps,
  recommenderOf: RecommenderOf,
  { modelVersion, ...request }: RecommendationRequest,
): Promise<CachedResponse> {
  const recommender = await recommenderOf(modelVersion);
  const response = await cache.get(recommender, ["recommendations", request], async () => {
    const result = await searchQueue.run(() => search(recommender, request));
    return toResponse(serialize(result), countSongs(result, songsOf(request).length));
  });
  if (response.counts) metrics.recordRecommendation(response.counts);
  return response;
}

type Query = Omit<RecommendationRequest, "modelVersion">;

function songsOf({ songs, groups }: Query) {
  return songs ?? groups?.flat() ?? [];
}

async function search(recommender: Recommender, request: Query): Promise<RecommendationResult> {
  const { songs, groups, aggregation, filter, explain, ...options } = request;
  const weightedSongs = songsOf(request).map(weighted);
  const query = { ...options, ...(filter && { filteredOut: await recommender.filter(filter) }) };
  const result = await recommendSongs();
  return explain ? recommender.explain({ songs: weightedSongs }, result) : result;

  function recommendSongs(): Promise<RecommendationResult> {
    if (songs && !groups && !aggregation) return recommender.recommend({ songs: weightedSongs, ...query });
    if (groups && !songs)
      return recommender.recommendForGroups({
        groups: groups.map((group) => group.map(weighted)),
        ...(aggregation && { aggregation }),
        ...query,
      });
    throw createError("BAD_REQUEST", {
      reason: "Set either songs or groups. aggregation requires groups.",
    });
  }
}

/**
 * Responds to several requests in sequence, as one entry of the search queue. A failed request does not affect the
 * others.
 */
export async function recommendEach(
  deps: Deps,
  recommenderOf: RecommenderOf,
  requests: readonly unknown[],
): Promise<(RecommendationResult | Problem)[]> {
  const results: (RecommendationResult | Problem)[] = [];
  const unqueuedDeps = { ...deps, searchQueue: unqueued };
  for (const request of requests) {
    await scheduler.yield(); // to other requests
    results.push(await recommendOrProblem(unqueuedDeps, recommenderOf, request));
  }
  return results;
}

async function recommendOrProblem(
  deps: Deps,
  recommenderOf: RecommenderOf,
  request: unknown,
): Promise<RecommendationResult | Problem> {
  const parsed = recommendationRequestSchema.safeParse(request);
  if (!parsed.success)
    return {
      ...toProblem(createError("VALIDATION_FAILED", { where: "request" })),
      errors: invalidFields(parsed.error),
    };
  try {
    return JSON.parse((await recommend(deps, recommenderOf, parsed.data)).body.toString());
  } catch (error) {
    if (error instanceof Song2vecError) return toProblem(error);
    throw error;
  }
}

function weighted(song: NonNullable<RecommendationRequest["songs"]>[number]) {
  return typeof song === "string" ? { songId: song, weight: 1 } : song;
}
