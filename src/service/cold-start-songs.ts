import { z } from "zod";
import { createError } from "../errors.ts";
import { type ProvisionalSong, ProvisionalSongSet } from "../recommend/cold-start/provisional-songs.ts";
import type { Recommender } from "../recommend/query/recommender.ts";
import type { SongStore } from "../store/store.ts";
import { createMutex } from "../training/jobs/mutex.ts";

const documentSchema = z.object({
  title: z.string().optional(),
  artist: z.string().optional(),
  references: z.array(z.tuple([z.string(), z.number().positive()])),
});

/** More are refused, those aside that the model has come to know. */
const mostSongs = 10_000;

/** Songs that no playlists were trained with yet. Each change resolves once it is stored durably, and recommenders see it. */
export interface Provisional {
  /** Those that recommenders see. */
  readonly songs: ProvisionalSongSet;
  /** @throws TOO_MANY_PROVISIONAL_SONGS, STORAGE_FULL, STORE_BUSY */
  put(song: ProvisionalSong): Promise<{ created: boolean }>;
  /** @throws VECTOR_NOT_FOUND, STORE_BUSY */
  remove(songId: string): Promise<void>;
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
  /** One change at a time, so that the store and the set tell the same. */
  const mutex = createMutex();

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
      mutex.run(async () => {
        const created = songs.get(song.songId) === undefined;
        if (created) await makeRoom();
        await store.save({ songId: song.songId, document: toDocument(song) });
        songs.put(song);
        return { created };
      }),
    remove: (songId) =>
      mutex.run(async () => {
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
