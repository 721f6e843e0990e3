import { findColumn, readCsv } from "./csv.ts";
import { listInputFiles } from "./files.ts";
import { readSongId, type SongIds } from "../song-ids.ts";

export interface PlaylistReaderOptions {
  readonly playlistColumn: string;
  readonly songColumn: string;
  readonly songIds: SongIds;
}

/**
 * Reads the playlists of a file or directory; rows whose song is missing are dropped.
 *
 * @returns the songs of each playlist by playlist id, in the order of their rows
 * @throws PLAYLISTS_UNREADABLE, COLUMN_MISSING, NOT_UTF8, TOO_MANY_MALFORMED_ROWS
 */
export async function readPlaylists(
  source: string,
  { playlistColumn, songColumn, songIds }: PlaylistReaderOptions,
): Promise<Map<string, string[]>> {
  const lists = new Map<string, string[]>();
  for (const file of await listInputFiles([source])) {
    await readCsv(file, {
      createRowReader: (header) => {
        const playlistAt = findColumn(file, header, playlistColumn);
        const songAt = findColumn(file, header, songColumn);
        return (cells) => {
          const playlist = (cells[playlistAt] ?? "").trim();
          const song = readSongId(cells[songAt] ?? "", songIds);
          if (playlist === "") return "empty playlist id";
          if (song === undefined) return undefined;
          const songs = lists.get(playlist);
          if (songs) songs.push(song);
          else lists.set(playlist, [song]);
          return undefined;
        };
      },
    });
  }
  return lists;
}
