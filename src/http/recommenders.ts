import type { FastifyRequest } from "fastify";
import { createError } from "../errors.ts";
import type { Recommender } from "../recommend/query/recommender.ts";
import type { RouteDeps } from "./deps.ts";
import { mayUse } from "./security/access.ts";

/**
 * Returns the recommender of a model version; undefined: the version that was active when the request arrived.
 * @throws FORBIDDEN, MODEL_LOADING, MODEL_NOT_FOUND, MODEL_UNSOUND for another version
 */
export type RecommenderOf = (version: number | undefined) => Recommender | Promise<Recommender>;

/** Chooses recommenders for a request. @throws MODEL_NOT_READY */
export function recommendersFor(
  { activeModel, otherVersions }: Pick<RouteDeps, "activeModel" | "otherVersions">,
  { apiKey }: Pick<FastifyRequest, "apiKey">,
): RecommenderOf {
  const active = activeModel.get();

  function assertMayLoad(): void {
    if (!apiKey || mayUse(apiKey.role, "admin")) return;
    const advice =
      "The requested model version is not in memory: query it with an admin key first, or leave out modelVersion.";
    throw createError("FORBIDDEN", { role: apiKey.role, needed: "admin", advice });
  }

  return (version) =>
    version === undefined || version === active.model.version ? active : otherVersions.get(version, assertMayLoad);
}
