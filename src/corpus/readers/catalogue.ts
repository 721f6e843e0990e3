import { findColumn, readCsv } from "./csv.ts";
import { listInputFiles } from "./files.ts";
import { readSongId, type SongIds } from "../song-ids.ts";

export interface SongDetails {
  title?: string;
  artist?: string;
  /** What its further columns say, by their names. */
  columns?: Record<string, string>;
}

export interface CatalogueOptions {
  /** A file, a folder, or `-` for standard input */
  readonly source: string;
  readonly songColumn?: string;
  readonly songIds?: SongIds;
}

/** Of a catalogue with more columns, the first. */
const mostColumns = 100;

/**
 * Reads what songs are called: columns master_number, title and artist, of which the latter two may be absent, and
 * whatever other columns have a name. Of a song that is listed more than once the first row counts.
 *
 * @returns what each song's row says, without what is empty, by song id, the ids read as those of playlists
 * @throws PLAYLISTS_UNREADABLE, COLUMN_MISSING, NOT_UTF8, TOO_MANY_MALFORMED_ROWS
 */
export async function readCatalogue(options: CatalogueOptions): Promise<Map<string, SongDetails>> {
  const { source, songColumn = "master_number", songIds = "numbers" } = options;
  const songs = new Map<string, SongDetails>();
  for (const file of await listInputFiles([source])) {
    await readCsv(file, {
      createRowReader: (header) => {
        const songAt = findColumn(file, header, songColumn);
        const titleAt = header.indexOf("title");
        const artistAt = header.indexOf("artist");
        const others = [...header.entries()]
          .filter(
            ([at, name]) => name !== "" && header.indexOf(name) === at && ![songAt, titleAt, artistAt].includes(at),
          )
          .slice(0, mostColumns);
        return (cells) => {
          const songId = readSongId(cells[songAt] ?? "", songIds);
          if (songId === undefined || songs.has(songId)) return undefined;
          songs.set(
            songId,
            details(
              cells[titleAt],
              cells[artistAt],
              others.map(([at, name]) => [name, (cells[at] ?? "").trim()]),
            ),
          );
          return undefined;
        };
      },
    });
  }
  return songs;
}

function details(
  titleCell = "",
  artistCell = "",
  others: readonly (readonly [name: string, value: string])[],
): SongDetails {
  const title = titleCell.trim();
  const artist = artistCell.trim();
  const known = others.filter(([, value]) => value !== "");
  return {
    ...(title !== "" && { title }),
    ...(artist !== "" && { artist }),
    ...(known.length > 0 && { columns: Object.fromEntries(known) }),
  };
}
