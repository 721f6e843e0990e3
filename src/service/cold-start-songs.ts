import { z } from "zod";
import { createError } from "../errors.ts";
import type { ProvisionalStore } from "../http/deps.ts";
import { type ProvisionalSong, ProvisionalSongSet } from "../recommend/cold-start/provisional-songs.ts";
import type { Recommender } from "../recommend/query/recommender.ts";
import type { SongStore } from "../store/store.ts";

const documentSchema = z.object({
  title: z.string().optional(),
  artist: z.string().optional(),
  references: z.array(z.tuple([z.string(), z.number().positive()])),
});

/** More are refused, those aside that the model has come to know. */
const mostSongs = 10_000;

/** Provisional songs that are stored, and those of them that recommenders see. */
export interface Provisional extends ProvisionalStore {
  readonly songs: ProvisionalSongSet;
}

/** @param most for tests */
export async function openProvisional(
  store: SongStore,
  recommender: () => Recommender | undefined,
  most = mostSongs,
): Promise<Provisional> {
  const songs = new ProvisionalSongSet(
    (await store.list()).map(({ songId, document }) => fromDocument(songId, document)),
  );
  let last: Promise<unknown> = Promise.resolve();

  /** One change at a time, so that the store and the set tell the same. */
  function inOrder<T>(change: () => Promise<T>): Promise<T> {
    const result = last.then(change);
    last = result.catch(() => {});
    return result;
  }

  /** Where there are too many, the oldest that has come to be in the model goes. */
  async function makeRoom(): Promise<void> {
    if (songs.size < most) return;
    const rows = recommender()?.model.rows;
    const trained = [...songs].find(({ songId }) => rows?.get(songId) !== undefined);
    if (!trained) throw createError("TOO_MANY_PROVISIONAL_SONGS", { limit: most });
    await removeNow(trained.songId);
  }

  async function removeNow(songId: string): Promise<void> {
    await store.remove([songId]);
    songs.delete(songId);
  }

  return {
    songs,
    put: (song) =>
      inOrder(async () => {
        const created = songs.get(song.songId) === undefined;
        if (created) await makeRoom();
        await store.save({ songId: song.songId, document: toDocument(song) });
        songs.put(song);
        return { created };
      }),
    remove: (songId) =>
      inOrder(async () => {
        if (!songs.get(songId)) throw createError("VECTOR_NOT_FOUND", { songId });
        await removeNow(songId);
      }),
  };
}

function toDocument({ title, artist, references }: ProvisionalSong): z.input<typeof documentSchema> {
  return {
    ...(title !== undefined && { title }),
    ...(artist !== undefined && { artist }),
    references: references.map(({ songId, weight }): [string, number] => [songId, weight]),
  };
}

function fromDocument(songId: string, document: unknown): ProvisionalSong {
  const { title, artist, references } = documentSchema.parse(document);
  return {
    songId,
    ...(title !== undefined && { title }),
    ...(artist !== undefined && { artist }),
    references: references.map(([id, weight]) => ({ songId: id, weight })),
  };
}
