import { createError, Song2vecError } from "../errors.ts";
import type { Answer, Recommender } from "../recommend/recommender.ts";
import { inTurns, type Steps } from "../recommend/steps.ts";
import type { RouteDeps } from "./deps.ts";
import { tallyOf } from "./metrics.ts";
import { refusedFields, toProblem } from "./problem.ts";
import type { Problem } from "./schemas/problem.ts";
import { type RecommendationRequest, recommendationRequestSchema } from "./schemas/recommendations.ts";

type Deps = Pick<RouteDeps, "admitted" | "inTurn" | "metrics" | "recommended">;

/** Characters of a question beyond which its answer is not kept. */
const longestKept = 8192;

export interface Recommended {
  readonly answer: Answer;
  /** Whether it was given before. */
  readonly isKnown: boolean;
  /** What was counted of it. */
  readonly tally: string;
}

/**
 * Answers one request, in turn with all others and with its scans on search threads, or as it was answered before.
 * @throws BAD_REQUEST, UNKNOWN_SONGS, UNKNOWN_COLUMN, OVERLOADED
 */
export async function recommend(
  deps: Deps,
  recommender: Recommender,
  request: RecommendationRequest,
): Promise<Recommended> {
  const question = JSON.stringify(request);
  const { stamp } = recommender;
  const text = deps.recommended(recommender)?.get(question);
  const answer: Answer =
    text === undefined ? await deps.admitted(() => search(deps, recommender, request)) : JSON.parse(text);
  if (text === undefined && question.length <= longestKept && stamp === recommender.stamp)
    deps.recommended(recommender)?.set(question, JSON.stringify(answer));
  const tally = tallyOf(answer, songsOf(request).length);
  deps.metrics.recommended(tally);
  return { answer, isKnown: text !== undefined, tally };
}

function songsOf({ songs, groups }: RecommendationRequest) {
  return songs ?? groups?.flat() ?? [];
}

async function search({ inTurn }: Deps, recommender: Recommender, request: RecommendationRequest): Promise<Answer> {
  const { songs, groups, aggregation, filter, explain, ...options } = request;
  const asked = songsOf(request).map(weighted);
  const question = { ...options, ...(filter && { passedOver: await recommender.filter(filter) }) };
  const answer = await inTurns(steps(), inTurn);
  return explain ? recommender.explain({ songs: asked }, answer) : answer;

  function steps(): Steps<Answer> {
    if (songs && !groups && !aggregation) return recommender.recommendInSteps({ songs: asked, ...question });
    if (groups && !songs)
      return recommender.recommendForGroupsInSteps({
        groups: groups.map((group) => group.map(weighted)),
        ...(aggregation && { aggregation }),
        ...question,
      });
    throw createError("BAD_REQUEST", {
      reason: "Either songs or groups is needed, and not both; aggregation belongs to groups.",
    });
  }
}

/** Answers requests one after the other, so that others have their turn between them; one that fails leaves the rest as they are. */
export async function recommendEach(
  deps: Deps,
  recommender: Recommender,
  requests: readonly unknown[],
): Promise<(Answer | Problem)[]> {
  const results: (Answer | Problem)[] = [];
  for (const request of requests) results.push(await recommendOrSay(deps, recommender, request));
  return results;
}

async function recommendOrSay(deps: Deps, recommender: Recommender, request: unknown): Promise<Answer | Problem> {
  const parsed = recommendationRequestSchema.safeParse(request);
  if (!parsed.success)
    return {
      ...toProblem(createError("VALIDATION_FAILED", { where: "request" })),
      errors: refusedFields(parsed.error),
    };
  try {
    return (await recommend(deps, recommender, parsed.data)).answer;
  } catch (error) {
    if (error instanceof Song2vecError) return toProblem(error);
    throw error;
  }
}

function weighted(song: NonNullable<RecommendationRequest["songs"]>[number]) {
  return typeof song === "string" ? { songId: song, weight: 1 } : song;
}
