import type { DroppedRowsLog } from "../dropped-rows.ts";
import { PlaylistCollector } from "../playlists.ts";
import { listInputFiles } from "./files.ts";
import { type PlaylistFormat, readPlays } from "./plays.ts";

/**
 * Reads the playlists of a file or directory; rows without a song id are dropped.
 *
 * @returns the songs of each playlist by playlist id, in order
 * @throws PLAYLISTS_UNREADABLE, COLUMN_MISSING, NOT_UTF8, TOO_MANY_MALFORMED_ROWS, SONG_IDS_UNREADABLE
 */
export async function readPlaylists(
  source: string,
  format: Partial<PlaylistFormat>,
  dropped?: DroppedRowsLog,
): Promise<Map<string, string[]>> {
  const collector = new PlaylistCollector({ songIds: "numbers", ...format, keepPlaylistIds: true });
  for (const file of await listInputFiles([source])) await readPlays(file, format, collector, dropped);
  collector.closeSessions();
  const { songs, offsets, songIds, playlistIds } = collector.group(1);
  return new Map(
    playlistIds.map((id, playlist) => [
      id,
      Array.from(songs.subarray(offsets[playlist], offsets[playlist + 1]), (song) => songIds[song] ?? ""),
    ]),
  );
}
