import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { type IdProblem, parseSongId, type SongIds } from "../../corpus/song-ids.ts";
import { createError } from "../../errors.ts";
import { summarizeSong } from "../../recommend/catalogue/song-summary.ts";
import { canonicalId, embedColdStartSong, summarizeColdStartSong } from "../../recommend/cold-start/embeddings.ts";
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
      const { model, coldStartSongs } = deps.activeModel.get();
      const idOf = (songId: string) => canonicalId(model, coldStartSongs(), songId);
      const { songId: sentId } = request.params;
      const { like, playlists, ...names } = request.body;
      if (model.rows.get(sentId) !== undefined) throw createError("SONG_TRAINED", { songId: sentId });
      assertSongId(sentId, model.manifest.songIds);
      const songId = idOf(sentId);
      const references = referencesOf(songId, {
        like: like?.map(idOf),
        playlists: playlists?.map((songs) => songs.map(idOf)),
      });
      const song = { songId, ...names, references };
      const referenceIds = new Set(references.map((reference) => reference.songId));
      const unknownSongs = [...new Set([...(like ?? []), ...(playlists ?? []).flat()])].filter(
        (id) => model.rows.get(id) === undefined && referenceIds.has(idOf(id)),
      );
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

const idProblems: Record<IdProblem, string> = {
  missing: "stands for a missing value. Use another id",
  lostDigits: "is in scientific notation and has lost digits. Send the complete number",
  ambiguousNumber: "may be a number with a decimal mark or one with a thousands separator. Send the digits alone",
};

/** @throws BAD_REQUEST if training would not read the id from playlists */
function assertSongId(songId: string, songIds: SongIds): void {
  const parsed = parseSongId(songId, songIds);
  if ("problem" in parsed)
    throw createError("BAD_REQUEST", {
      reason: `Song id ${JSON.stringify(songId.slice(0, 100))} ${idProblems[parsed.problem]}.`,
    });
}

/** @throws BAD_REQUEST */
function referencesOf(
  songId: string,
  {
    like,
    playlists,
  }: { readonly like: readonly string[] | undefined; readonly playlists: readonly string[][] | undefined },
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
