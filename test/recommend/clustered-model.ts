import { loadVersion } from "../../src/model/loading/load.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Model } from "../../src/model/model.ts";
import type { ModelContent } from "../../src/model/format/write-model.ts";
import type { Song } from "../../src/model/format/songs.ts";
import type { StoredNextSongs } from "../../src/model/format/next-songs.ts";
import { addNextSongs, writeModel } from "../../src/model/format/write-model.ts";
import { openVersions } from "../../src/model/format/versions.ts";
import { createRandom } from "../../src/word2vec/random.ts";
import { indexPlaylists } from "../../src/model/memory/playlist-index.ts";
import { contentOf } from "../model/small-models.ts";

export const clusters = 6;
export const clusterSize = 10;

/**
 * A song of a cluster with three artists. The eighth song has no artist, the last two are versions of the first two.
 */
function songOf(cluster: number, index: number): Omit<Song, "count"> {
  const of = index > 7 ? index - 8 : index;
  const title = [`Sóng ${of}`, index === 8 ? " (Live in Graz)" : "", index === 9 ? " - Remastered 2009" : ""].join("");
  return {
    id: `${cluster}-${index}`,
    title,
    ...(index !== 7 && { artist: `The Ärtist ${cluster}${"abc"[of % 3]}` }),
    columns: { genre: `Genre ${cluster}`, ...(index % 2 === 0 && { year: `${1970 + index}` }) },
  };
}

/** Writes a model to a folder and loads it. @param lists playlists of equal length */
export async function loadWithPlaylists(
  content: ModelContent,
  lists: readonly (readonly number[])[],
  nextSongs?: StoredNextSongs,
): Promise<Model> {
  const folder = await mkdtemp(join(tmpdir(), "song2vec-clustered-"));
  const versions = await openVersions(folder);
  const staging = await versions.createStaging();
  const manifest = await writeModel(staging, content);
  if (nextSongs) await addNextSongs(staging, manifest, nextSongs);
  const model = await loadVersion(versions, await versions.publish(staging));
  await rm(folder, { recursive: true });
  const rows = Uint32Array.from(lists.flat());
  const playlists = {
    offsets: Uint32Array.from({ length: lists.length + 1 }, (_, list) => (list * rows.length) / lists.length),
    rows,
    held: new Uint32Array(lists.length),
    keys: new Uint32Array(lists.length),
  };
  return { ...model, playlists, playlistIndex: indexPlaylists(playlists, model.counts.length) };
}

/**
 * Songs in six clusters. Songs of a cluster have similar vectors and are played together, with one song of another
 * cluster in each playlist.
 */
export async function loadClusteredModel(nextSongs?: StoredNextSongs): Promise<Model> {
  const random = createRandom(7, 8, 9);
  const upTo = (end: number) => (2 ** 32 * random()) % end;
  const songs = Array.from({ length: clusters * clusterSize }, (_, row) => ({
    ...songOf(row % clusters, Math.floor(row / clusters)),
    count: 1000 - 10 * row,
  }));
  const input = songs.map((_, row) =>
    Array.from({ length: 16 }, (_unused, d) => (d === row % clusters ? 1 : 0) + upTo(100) / 300),
  );
  const lists = Array.from({ length: 150 }, (_, list) => [
    ...Array.from({ length: 6 }, () => upTo(clusterSize) * clusters + (list % clusters)),
    upTo(songs.length),
  ]);
  return loadWithPlaylists(contentOf({ songs, input }), lists, nextSongs);
}
