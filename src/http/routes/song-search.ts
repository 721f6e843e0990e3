import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { createNameSearches } from "../../recommend/query/search-names.ts";
import type { RouteDeps } from "../deps.ts";
import { problemResponses } from "../schemas/problem.ts";
import { foundSongsSchema, songSearchQuerySchema } from "../schemas/song-search.ts";

export const songSearchRoutes: FastifyPluginAsyncZod<RouteDeps> = async (app, deps) => {
  const openSearch = createNameSearches();

  app.get(
    "/v1/songs",
    {
      config: { access: "reader" },
      schema: {
        tags: ["songs"],
        operationId: "findSongs",
        summary: "Search songs by title, artist or id",
        querystring: songSearchQuerySchema,
        response: { 200: foundSongsSchema, ...problemResponses(503) },
      },
    },
    async ({ query: { query, limit } }) => {
      const { model, coldStartSongs } = deps.activeModel.get();
      // Outside of the queue: the first search of a model builds its index.
      const search = await openSearch(model, coldStartSongs());
      return { modelVersion: model.version, items: await deps.searchQueue.run(() => search(query, limit)) };
    },
  );
};
