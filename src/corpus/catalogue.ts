import { findColumn, readCsv } from './csv.ts';
import { listInputFiles } from './files.ts';
import { readSongId, type SongIds } from './song-ids.ts';

export interface SongDetails {
  title?: string;
  artist?: string;
}

export interface CatalogueOptions {
  /** A file, a folder, or `-` for standard input */
  readonly source: string;
  readonly songColumn?: string;
  readonly songIds?: SongIds;
}

/**
 * Reads what songs are called: columns master_number, title and artist, of which the latter two may be absent. A song
 * that is listed more than once is called what its first row says.
 *
 * @returns title and artist by song id, the ids read as those of playlists
 * @throws PLAYLISTS_UNREADABLE, COLUMN_MISSING, NOT_UTF8, TOO_MANY_MALFORMED_ROWS
 */
export async function readCatalogue(options: CatalogueOptions): Promise<Map<string, SongDetails>> {
  const { source, songColumn = 'master_number', songIds = 'numbers' } = options;
  const songs = new Map<string, SongDetails>();
  for (const file of await listInputFiles([source])) {
    await readCsv(file, {
      openRows: (header) => {
        const songAt = findColumn(file, header, songColumn);
        const titleAt = header.indexOf('title');
        const artistAt = header.indexOf('artist');
        return (cells) => {
          const songId = readSongId(cells[songAt] ?? '', songIds);
          if (songId === undefined || songs.has(songId)) return undefined;
          songs.set(songId, details(cells[titleAt], cells[artistAt]));
          return undefined;
        };
      },
    });
  }
  return songs;
}

function details(titleCell = '', artistCell = ''): SongDetails {
  const title = titleCell.trim();
  const artist = artistCell.trim();
  return { ...(title !== '' && { title }), ...(artist !== '' && { artist }) };
}
