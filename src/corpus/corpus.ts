import type { Readable } from "node:stream";
import { createError } from "../errors.ts";
import { findColumn, readCsv } from "./readers/csv.ts";
import { DroppedRowsLog } from "./dropped-rows.ts";
import { type InputFile, listInputFiles, sourceName } from "./readers/files.ts";
import { type GroupedPlaylists, type IngestReport, PlaylistCollector, type CompletePlaylist } from "./playlists.ts";
import type { SongIds } from "./song-ids.ts";
import { buildVocabulary, noRow, type Vocabulary } from "./vocabulary.ts";

export interface Corpus {
  /** The row of each play, playlist after playlist [plays] */
  readonly tokens: Uint32Array;
  /** Playlist p is `tokens[offsets[p]]` to `tokens[offsets[p + 1] - 1]`; it is empty if minCount left none of its songs [playlists + 1] */
  readonly offsets: Uint32Array;
  /** The crc32 of each playlist's id [playlists] */
  readonly keys: Uint32Array;
  readonly vocabulary: Vocabulary;
  readonly report: IngestReport;
}

export interface CorpusOptions {
  /** Files, folders, or `-` for standard input */
  readonly sources: readonly string[];
  /** The songs of further playlists, none of which is one of the files' */
  readonly stored?: Iterable<CompletePlaylist>;
  readonly playlistColumn?: string;
  readonly songColumn?: string;
  readonly songIds?: SongIds;
  /** Playlists with fewer songs are left out, before minCount is applied */
  readonly minPlaylistLength?: number;
  /** Songs that are played less often are left out */
  readonly minCount?: number;
  /** Of the other songs only so many are kept, the most played ones */
  readonly maxVocabulary?: number | null;
  readonly standardInput?: Readable;
  /** Milliseconds */
  readonly clock?: () => number;
}

/**
 * Reads playlists, a row per play, into integers.
 *
 * @throws PLAYLISTS_UNREADABLE, COLUMN_MISSING, NOT_UTF8, TOO_MANY_MALFORMED_ROWS, NO_PLAYLISTS
 */
export async function readCorpus(options: CorpusOptions): Promise<Corpus> {
  const { minPlaylistLength = 4, minCount = 3, maxVocabulary = null, clock = () => performance.now() } = options;
  if (options.sources.length === 0 && !options.stored) throw new RangeError("readCorpus needs a source");
  const started = clock();
  const files = await listInputFiles(options.sources, options.standardInput);
  const gatherer = new PlaylistCollector(options.songIds ?? "numbers");
  const dropped = new DroppedRowsLog();
  const rowsOfFiles: number[] = [];
  for (const file of files) rowsOfFiles.push(await readFile(file, options, gatherer, dropped));
  let stored = 0;
  for (const playlist of options.stored ?? []) {
    gatherer.addPlaylist(playlist);
    stored++;
  }

  const grouped = gatherer.group(minPlaylistLength);
  const { vocabulary, rows, belowMinCount, beyondMaxVocabulary } = buildVocabulary(grouped.songs, grouped.songIds, {
    minCount,
    maxVocabulary,
  });
  const emptiness = whyEmpty(
    stored === 0 ? rowsOfFiles : [...rowsOfFiles, stored],
    grouped,
    vocabulary,
    minPlaylistLength,
    minCount,
  );
  if (emptiness !== undefined)
    throw createError("NO_PLAYLISTS", {
      file: [...options.sources.map(sourceName), ...(stored > 0 ? ["stored playlists"] : [])].join(", "),
      reason: emptiness,
    });

  const { tokens, offsets } = toRows(grouped, rows);
  const report: IngestReport = {
    files: files.map((file) => file.name),
    rows: rowsOfFiles.reduce((sum, count) => sum + Math.max(count, 0), 0),
    stored,
    dropped: dropped.entries(),
    playlists: { kept: offsets.length - 1, leftOut: grouped.leftOut.playlists },
    songs: {
      kept: vocabulary.ids.length,
      belowMinCount: belowMinCount.songs,
      beyondMaxVocabulary: beyondMaxVocabulary.songs,
    },
    plays: {
      kept: tokens.length,
      belowMinCount: belowMinCount.plays,
      beyondMaxVocabulary: beyondMaxVocabulary.plays,
      leftOut: grouped.leftOut.plays,
    },
    seconds: (clock() - started) / 1000,
  };
  return { tokens, offsets, keys: grouped.keys, vocabulary, report };
}

function readFile(
  file: InputFile,
  options: CorpusOptions,
  gatherer: PlaylistCollector,
  dropped: DroppedRowsLog,
): Promise<number> {
  const { playlistColumn = "Category", songColumn = "master_number" } = options;
  return readCsv(file, {
    createRowReader: (header) => {
      const playlistAt = findColumn(file, header, playlistColumn);
      const songAt = findColumn(file, header, songColumn);
      return (cells, line) => {
        const problem = gatherer.add(cells[playlistAt] ?? "", cells[songAt] ?? "");
        if (problem === "missingSong") dropped.record(file.name, line, "missingSong");
        return problem === "noPlaylist" ? "empty playlist id" : undefined;
      };
    },
    onMalformedRow: (line, detail) => dropped.record(file.name, line, "malformedRow", detail),
  });
}

function whyEmpty(
  rowsOfFiles: readonly number[],
  grouped: GroupedPlaylists,
  vocabulary: Vocabulary,
  minPlaylistLength: number,
  minCount: number,
): string | undefined {
  if (vocabulary.ids.length > 0) return undefined;
  const one = rowsOfFiles.length === 1;
  if (rowsOfFiles.every((rows) => rows < 0)) return one ? "the file is empty" : "the files are empty";
  if (rowsOfFiles.every((rows) => rows <= 0)) return "there is only a header, no row below it";
  if (grouped.songs.length > 0) return `no song is played ${minCount} times`;
  if (grouped.leftOut.plays > 0) return `every playlist is shorter than ${minPlaylistLength} songs`;
  return 'every song is missing ("?", empty or "nan")';
}

/** In the place of the song numbers, which nobody needs after that. */
function toRows(grouped: GroupedPlaylists, rows: Uint32Array): { tokens: Uint32Array; offsets: Uint32Array } {
  const tokens = grouped.songs;
  const offsets = new Uint32Array(grouped.offsets.length);
  let kept = 0;
  for (let playlist = 0; playlist + 1 < offsets.length; playlist++) {
    const end = grouped.offsets[playlist + 1] ?? 0;
    for (let play = grouped.offsets[playlist] ?? 0; play < end; play++) {
      const row = rows[grouped.songs[play] ?? 0] ?? noRow;
      if (row !== noRow) tokens[kept++] = row;
    }
    offsets[playlist + 1] = kept;
  }
  return { tokens: new Uint32Array(tokens.buffer.transfer(kept * 4)), offsets };
}
