import { scheduler } from "node:timers/promises";
import { createError, Song2vecError } from "../errors.ts";
import type { RecommendationResult, Recommender } from "../recommend/query/recommender.ts";
import type { RouteDeps } from "./deps.ts";
import { countsOf } from "./observability/metrics.ts";
import { refusedFields, toProblem } from "./problem.ts";
import { type CachedResponse, toResponse } from "./response-cache.ts";
import type { Problem } from "./schemas/problem.ts";
import {
  type RecommendationRequest,
  recommendationRequestSchema,
  recommendationsSchema,
} from "./schemas/recommendations.ts";
import type { SearchQueue } from "./search-queue.ts";
import { createSerializer } from "./serializer.ts";

type Deps = Pick<RouteDeps, "cache" | "searchQueue" | "metrics">;

const serialize = createSerializer(recommendationsSchema);
const unqueued: SearchQueue = { run: async (search) => search() };

/**
 * Answers one request, from the cache where an equal one was answered by the same model.
 * @throws BAD_REQUEST, UNKNOWN_SONGS, UNKNOWN_COLUMN, OVERLOADED
 */
export async function recommend(
  { cache, searchQueue, metrics }: Deps,
  recommender: Recommender,
  request: RecommendationRequest,
): Promise<CachedResponse> {
  const response = await cache.get(recommender, ["recommendations", request], async () => {
    const answer = await searchQueue.run(() => search(recommender, request));
    return toResponse(serialize(answer), countsOf(answer, songsOf(request).length));
  });
  if (response.counts) metrics.recommended(response.counts);
  return response;
}

function songsOf({ songs, groups }: RecommendationRequest) {
  return songs ?? groups?.flat() ?? [];
}

async function search(recommender: Recommender, request: RecommendationRequest): Promise<RecommendationResult> {
  const { songs, groups, aggregation, filter, explain, ...options } = request;
  const asked = songsOf(request).map(weighted);
  const question = { ...options, ...(filter && { filteredOut: await recommender.filter(filter) }) };
  const answer = await answerTo();
  return explain ? recommender.explain({ songs: asked }, answer) : answer;

  function answerTo(): Promise<RecommendationResult> {
    if (songs && !groups && !aggregation) return recommender.recommend({ songs: asked, ...question });
    if (groups && !songs)
      return recommender.recommendForGroups({
        groups: groups.map((group) => group.map(weighted)),
        ...(aggregation && { aggregation }),
        ...question,
      });
    throw createError("BAD_REQUEST", {
      reason: "Either songs or groups is needed, and not both; aggregation belongs to groups.",
    });
  }
}

/** Answers requests one after the other, in one place of the queue; one that fails leaves the rest as they are. */
export async function recommendEach(
  deps: Deps,
  recommender: Recommender,
  requests: readonly unknown[],
): Promise<(RecommendationResult | Problem)[]> {
  const results: (RecommendationResult | Problem)[] = [];
  const inPlace = { ...deps, searchQueue: unqueued };
  for (const request of requests) {
    await scheduler.yield(); // to other requests
    results.push(await recommendOrSay(inPlace, recommender, request));
  }
  return results;
}

async function recommendOrSay(
  deps: Deps,
  recommender: Recommender,
  request: unknown,
): Promise<RecommendationResult | Problem> {
  const parsed = recommendationRequestSchema.safeParse(request);
  if (!parsed.success)
    return {
      ...toProblem(createError("VALIDATION_FAILED", { where: "request" })),
      errors: refusedFields(parsed.error),
    };
  try {
    return JSON.parse((await recommend(deps, recommender, parsed.data)).body.toString());
  } catch (error) {
    if (error instanceof Song2vecError) return toProblem(error);
    throw error;
  }
}

function weighted(song: NonNullable<RecommendationRequest["songs"]>[number]) {
  return typeof song === "string" ? { songId: song, weight: 1 } : song;
}
