import { loadVersion } from "../../src/model/loading/load.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Model } from "../../src/model/model.ts";
import type { ModelContent } from "../../src/model/format/write-model.ts";
import type { Song } from "../../src/model/format/songs.ts";
import { writeModel } from "../../src/model/format/write-model.ts";
import { openVersions } from "../../src/model/format/versions.ts";
import { createRandom } from "../../src/word2vec/random.ts";
import { indexPlaylists } from "../../src/model/memory/playlist-index.ts";
import { contentOf } from "../model/small-models.ts";

export const shelves = 6;
export const shelfLength = 10;

/** The song of a shelf: three artists a shelf; the eighth is nobody's, the last two are versions of the first two. */
function songOf(shelf: number, place: number): Omit<Song, "count"> {
  const of = place > 7 ? place - 8 : place;
  const title = [`Sóng ${of}`, place === 8 ? " (Live in Graz)" : "", place === 9 ? " - Remastered 2009" : ""].join("");
  return {
    id: `${shelf}-${place}`,
    title,
    ...(place !== 7 && { artist: `The Ärtist ${shelf}${"abc"[of % 3]}` }),
    columns: { genre: `Genre ${shelf}`, ...(place % 2 === 0 && { year: `${1970 + place}` }) },
  };
}

/** The model, written to a folder and loaded from there, with playlists that are equally long. */
export async function loadedWith(content: ModelContent, lists: readonly (readonly number[])[]): Promise<Model> {
  const folder = await mkdtemp(join(tmpdir(), "song2vec-shelves-"));
  const versions = await openVersions(folder);
  const staging = await versions.createStaging();
  await writeModel(staging, content);
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

/** Songs of six shelves: those of one point the same way, about, and are played together, with one of another shelf each time. */
export async function shelvedModel(): Promise<Model> {
  const random = createRandom(7, 8, 9);
  const upTo = (end: number) => (2 ** 32 * random()) % end;
  const songs = Array.from({ length: shelves * shelfLength }, (_, row) => ({
    ...songOf(row % shelves, Math.floor(row / shelves)),
    count: 1000 - 10 * row,
  }));
  const input = songs.map((_, row) =>
    Array.from({ length: 16 }, (_unused, d) => (d === row % shelves ? 1 : 0) + upTo(100) / 300),
  );
  const lists = Array.from({ length: 150 }, (_, list) => [
    ...Array.from({ length: 6 }, () => upTo(shelfLength) * shelves + (list % shelves)),
    upTo(songs.length),
  ]);
  return loadedWith(contentOf({ songs, input }), lists);
}
