import { z } from "zod";
import { type DroppedRowsLog, malformed, RowCounts } from "../dropped-rows.ts";
import type { PlaylistCollector } from "../playlists.ts";
import { songIdKinds } from "../song-ids.ts";
import { readCsv, type RowReader } from "./csv.ts";
import type { InputFile } from "./files.ts";
import { type Header, namedColumns, numberedColumns } from "./header.ts";
import { isJsonLines, readJsonLines } from "./json-lines.ts";
import { openText } from "./text.ts";
import { createTimeParser } from "./times.ts";

/** How the files of playlists are written. With a user column and a time column they are listening logs. */
export const playlistFormatSchema = z.object({
  /** Columns by name, or by number from 1 without a header. */
  playlistColumn: z.string().optional(),
  songColumn: z.string().optional(),
  userColumn: z.string().optional(),
  timeColumn: z.string().optional(),
  songIds: z.enum(songIdKinds),
  header: z.boolean().optional(),
  /** Label of the WHATWG encoding standard; UTF-8 by default. */
  encoding: z.string().optional(),
  /** IANA name of the zone of times without one; UTC by default. */
  timeZone: z.string().optional(),
  /** Longest pause within a session, in minutes; 30 by default. */
  sessionGap: z.number().optional(),
});
export type PlaylistFormat = z.infer<typeof playlistFormatSchema>;

/**
 * Adds the plays of a file: CSV with a row per play, or JSON lines with a playlist per line.
 *
 * @returns the number of rows, including dropped ones; −1 without a header
 * @throws PLAYLISTS_UNREADABLE, COLUMN_MISSING, NOT_UTF8, TOO_MANY_MALFORMED_ROWS, SONG_IDS_UNREADABLE
 */
export async function readPlays(
  file: InputFile,
  {
    playlistColumn = "Category",
    songColumn = "master_number",
    userColumn,
    timeColumn,
    header: isNamed = true,
    encoding,
    timeZone = "UTC",
  }: Partial<PlaylistFormat>,
  collector: PlaylistCollector,
  dropped?: DroppedRowsLog,
): Promise<number> {
  const rows = new RowCounts(file, dropped);
  const text = await openText(file, encoding);
  if (isJsonLines(text)) {
    await readJsonLines(file, text, rows, (playlist, song) => collector.add(playlist, song));
    return rows.rows;
  }
  const isLog = userColumn !== undefined && timeColumn !== undefined;
  await readCsv(file, text, {
    rows,
    columns: isLog ? [userColumn, timeColumn, songColumn] : [playlistColumn, songColumn],
    createHeader: (cells) => (isNamed ? namedColumns(file.path, cells) : numberedColumns(file.path, cells)),
    createRowReader: isLog ? readListening : readPlaylistRow,
  });
  return rows.rows;

  function readPlaylistRow(header: Header): RowReader {
    const [playlistAt, songAt] = [header.find(playlistColumn), header.find(songColumn)];
    return {
      idColumns: [songAt, playlistAt],
      read: (cells) => collector.add(cells[playlistAt] ?? "", cells[songAt] ?? ""),
    };
  }

  function readListening(header: Header): RowReader {
    const [songAt, userAt, timeAt] = [
      header.find(songColumn),
      header.find(userColumn ?? ""),
      header.find(timeColumn ?? ""),
    ];
    const parseTime = createTimeParser(timeZone);
    return {
      idColumns: [songAt, userAt, timeAt],
      read(cells) {
        const time = parseTime(cells[timeAt] ?? "");
        return time === undefined
          ? malformed(
              "invalid time",
              `${JSON.stringify(cells[timeAt])} is neither an ISO 8601 time nor a number since 1970; ` +
                "dates of a spreadsheet, such as 45292.5, are neither",
            )
          : collector.addListening(cells[userAt] ?? "", time, cells[songAt] ?? "");
      },
    };
  }
}
