import { findColumn, readCsv } from "./csv.ts";
import { listInputFiles } from "./files.ts";
import { readSongId, type SongIds } from "../song-ids.ts";

export interface SongDetails {
  title?: string;
  artist?: string;
  /** Values of further columns, by column name */
  columns?: Record<string, string>;
}

export interface CatalogueOptions {
  /** A file, a directory, or `-` for standard input */
  readonly source: string;
  readonly songColumn?: string;
  readonly songIds?: SongIds;
}

/** Further columns beyond these are ignored. */
const maxColumns = 100;

/**
 * Reads a catalogue: the columns master_number, title and artist (the latter two are optional), and any other named
 * columns. The first row of a song counts.
 *
 * @returns the values of each song by normalised song id, without empty values
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
          .slice(0, maxColumns);
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
  const values = others.filter(([, value]) => value !== "");
  return {
    ...(title !== "" && { title }),
    ...(artist !== "" && { artist }),
    ...(values.length > 0 && { columns: Object.fromEntries(values) }),
  };
}
