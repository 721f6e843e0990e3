import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { createNameSearch } from "../../recommend/search-names.ts";
import { currentRecommender } from "../current.ts";
import type { AppDeps } from "../deps.ts";
import { problemResponses } from "../schemas/problem.ts";
import { foundSongsSchema, songSearchQuerySchema } from "../schemas/song-search.ts";

export const songSearchRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, deps) => {
  const search = createNameSearch();

  app.get(
    "/v1/songs",
    {
      config: { access: "reader" },
      schema: {
        tags: ["songs"],
        operationId: "findSongs",
        summary: "Find songs by title, artist or id, the most played first",
        querystring: songSearchQuerySchema,
        response: { 200: foundSongsSchema, ...problemResponses(503) },
      },
    },
    async ({ query: { query, limit } }) => {
      const { model, newcomers } = currentRecommender(deps);
      return { modelVersion: model.version, items: await search(model, newcomers(), query, limit) };
    },
  );
};
