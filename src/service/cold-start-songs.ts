import { z } from "zod";
import { createError } from "../errors.ts";
import { type ColdStartSong, ColdStartSongSet } from "../recommend/cold-start/cold-start-songs.ts";
import type { Recommender } from "../recommend/query/recommender.ts";
import type { SongStore } from "../store/store.ts";
import { createMutex } from "../training/jobs/mutex.ts";

/** What the store keeps of a song, beside its id. */
const documentSchema = z.object({
  title: z.string().exactOptional(),
  artist: z.string().exactOptional(),
  references: z.array(
    z.tuple([z.string(), z.number().positive()]).transform(([songId, weight]) => ({ songId, weight })),
  ),
});

/** Limit of cold-start songs that the active model does not contain. */
const mostSongs = 10_000;

/** Songs without a trained vector. A change resolves once it is stored durably and visible to recommenders. */
export interface Provisional {
  /** What recommenders read. */
  readonly songs: ColdStartSongSet;
  /** @throws TOO_MANY_PROVISIONAL_SONGS, STORAGE_FULL, STORE_BUSY */
  put(song: ColdStartSong): Promise<{ created: boolean }>;
  /** @throws VECTOR_NOT_FOUND, STORE_BUSY */
  remove(songId: string): Promise<void>;
}

/** @param most limit of songs; tests set a lower one */
export async function openProvisional(
  store: SongStore,
  recommender: () => Recommender | undefined,
  most = mostSongs,
): Promise<Provisional> {
  const songs = new ColdStartSongSet(
    (await store.list()).map(({ songId, document }) => ({ songId, ...documentSchema.parse(document) })),
  );
  /** Changes run one at a time, so that the store and the set agree. */
  const mutex = createMutex();

  /** At the limit, removes the oldest song that the active model contains. */
  async function makeRoom(): Promise<void> {
    if (songs.size < most) return;
    const rows = recommender()?.model.rows;
    const trained = [...songs].find(({ songId }) => rows?.get(songId) !== undefined);
    if (!trained) throw createError("TOO_MANY_PROVISIONAL_SONGS", { limit: most });
    await removeNow([trained.songId]);
  }

  async function removeNow(songIds: readonly string[]): Promise<void> {
    if (songIds.length === 0) return;
    await store.remove(songIds);
    for (const songId of songIds) songs.delete(songId);
  }

  const spellingsOf = (songId: string) => songs.spellingsOf(songId, recommender()?.model.manifest.songIds ?? "numbers");

  return {
    songs,
    put: (song) =>
      mutex.run(async () => {
        const { songId, references, ...names } = song;
        const spellings = spellingsOf(songId);
        const created = spellings.length === 0;
        if (created) await makeRoom();
        const pairs = references.map((reference): [string, number] => [reference.songId, reference.weight]);
        await store.save({
          songId,
          document: { ...names, references: pairs } satisfies z.input<typeof documentSchema>,
        });
        songs.put(song);
        await removeNow(spellings.filter((other) => other !== songId));
        return { created };
      }),
    remove: (songId) =>
      mutex.run(async () => {
        const spellings = spellingsOf(songId);
        if (spellings.length === 0) throw createError("VECTOR_NOT_FOUND", { songId });
        await removeNow(spellings);
      }),
  };
}
