import { join } from "node:path";
import type { StoredPlaylists } from "../../../src/model/format/playlists.ts";
import { openVersions } from "../../../src/model/format/versions.ts";
import { songId } from "../search/generated-model.ts";
import { loadNewest } from "../../../src/model/loading/load.ts";

/** Songs and playlists for the requests to a server. */
export interface ServedModel {
  readonly folder: string;
  readonly modelFolder: string;
  readonly songs: number;
  idOf(row: number): string;
  /** Playlists of ten songs. */
  readonly playlists: readonly (readonly string[])[];
}

export function generatedModel(folder: string, songs: number): ServedModel {
  return { folder, modelFolder: join(folder, "models/1"), songs, idOf: songId, playlists: anyLists(songs, songId) };
}

function anyLists(songs: number, idOf: (row: number) => string): string[][] {
  return Array.from({ length: 1000 }, (_, i) =>
    Array.from({ length: 10 }, (_song, j) => idOf((i * 7919 + j * 104_729) % songs)),
  );
}

/** The newest version of a data directory, with its own playlists. */
export async function storedModel(folder: string): Promise<ServedModel> {
  const versions = await openVersions(join(folder, "models"));
  const { songs, playlists, version } = (await loadNewest(versions, { exact: false })) ?? {};
  if (!songs || version === undefined) throw new Error(`no model in ${folder}`);
  const idOf = (row: number) => songs.at(row)?.id ?? "";
  return {
    folder,
    modelFolder: join(folder, `models/${version}`),
    songs: songs.length,
    idOf,
    playlists: playlists ? listsOf(playlists, idOf) : anyLists(songs.length, idOf),
  };
}

function listsOf({ offsets, rows }: StoredPlaylists, idOf: (row: number) => string): string[][] {
  const lists: string[][] = [];
  for (let list = 0; list + 1 < offsets.length && lists.length < 1000; list += 3) {
    const songs = [...new Set(rows.subarray(offsets[list], offsets[list + 1]))];
    if (songs.length >= 10) lists.push(songs.slice(0, 10).map(idOf));
  }
  return lists;
}

export function similarPath(i: number, { idOf, songs }: ServedModel): string {
  return `/v1/songs/${encodeURIComponent(idOf((i * 48_271) % songs))}/similar`;
}
