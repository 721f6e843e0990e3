import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { checkPlaylist } from "../../recommend/query/cohesion.ts";
import type { RouteDeps } from "../deps.ts";
import { playlistCheckRequestSchema, playlistCheckSchema } from "../schemas/playlist-checks.ts";
import { problemResponses } from "../schemas/problem.ts";

export const playlistCheckRoutes: FastifyPluginAsyncZod<RouteDeps> = async (app, deps) => {
  app.post(
    "/v1/playlists/check",
    {
      config: { access: "reader" },
      schema: {
        tags: ["playlists"],
        operationId: "checkPlaylist",
        description: "Rates each song by its similarity to the other songs, and lists the songs that do not fit.",
        summary: "Check how well the songs of a playlist fit together",
        body: playlistCheckRequestSchema,
        response: { 200: playlistCheckSchema, ...problemResponses(413, 415, 503) },
      },
    },
    (request) => {
      const { search, coldStartSongs } = deps.activeModel.get();
      return deps.searchQueue.run(() => checkPlaylist(search, coldStartSongs(), request.body.songs));
    },
  );
};
