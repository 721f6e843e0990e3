import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { createError } from "../../errors.ts";
import { summarizeSong } from "../../recommend/catalogue/song-summary.ts";
import { summarizeColdStartSong, embedColdStartSong } from "../../recommend/cold-start/embeddings.ts";
import {
  type Reference,
  referencesOfPlaylists,
  referencesOfSongs,
} from "../../recommend/cold-start/cold-start-songs.ts";
import type { AppDeps } from "../deps.ts";
import { problemResponses } from "../schemas/problem.ts";
import { songVectorBodySchema, songVectorParamsSchema, songVectorSchema } from "../schemas/song-vectors.ts";

export const songVectorRoutes: FastifyPluginAsyncZod<AppDeps> = async (app, deps) => {
  const { provisional } = deps;
  const tags = ["songs"];

  app.put(
    "/v1/songs/:songId/vector",
    {
      config: { access: "writer" },
      schema: {
        tags,
        operationId: "putSongVector",
        summary: "Add a cold-start song",
        description:
          "Adds a song that is in no training playlist yet. It is represented by similar songs, or by the " +
          "songs of playlists that contain it.",
        params: songVectorParamsSchema,
        body: songVectorBodySchema,
        response: {
          200: songVectorSchema,
          201: songVectorSchema,
          ...problemResponses(409, 413, 415, 422, 503, 507),
        },
      },
    },
    async (request, reply) => {
      const { model } = deps.activeModel.get();
      const { songId } = request.params;
      const { like, playlists, ...names } = request.body;
      if (model.rows.get(songId) !== undefined) throw createError("SONG_TRAINED", { songId });
      const references = referencesOf(songId, { like, playlists });
      const song = { songId, ...names, references };
      const unknownSongs = references.map(({ songId: id }) => id).filter((id) => model.rows.get(id) === undefined);
      const embedding = embedColdStartSong(model, song);
      if (!embedding) throw createError("UNKNOWN_SONGS", { songIds: unknownSongs });
      const { created } = await provisional.put(song);
      return reply.code(created ? 201 : 200).send({
        modelVersion: model.version,
        ...summarizeColdStartSong(embedding),
        provisional: true,
        references: embedding.terms.map(({ row, weight }) => ({ songId: summarizeSong(model, row).songId, weight })),
        unknownSongs,
      });
    },
  );

  app.delete(
    "/v1/songs/:songId/vector",
    {
      config: { access: "writer" },
      schema: {
        tags,
        operationId: "deleteSongVector",
        summary: "Remove a cold-start song",
        params: songVectorParamsSchema,
        response: { 204: z.null().describe("Deleted"), ...problemResponses(404, 503) },
      },
    },
    async (request, reply) => {
      await provisional.remove(request.params.songId);
      return reply.code(204).send(null);
    },
  );
};

/** @throws BAD_REQUEST */
function referencesOf(
  songId: string,
  { like, playlists }: Pick<z.output<typeof songVectorBodySchema>, "like" | "playlists">,
): Reference[] {
  if ((like === undefined) === (playlists === undefined))
    throw createError("BAD_REQUEST", { reason: "Set either like or playlists." });
  const references = like
    ? referencesOfSongs(like.filter((id) => id !== songId))
    : referencesOfPlaylists(songId, playlists ?? []);
  if (references.length === 0)
    throw createError("BAD_REQUEST", { reason: "A song cannot be represented by itself alone. Name other songs." });
  return references;
}
