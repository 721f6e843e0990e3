import type { Readable } from "node:stream";
import { createError } from "../errors.ts";
import { DroppedRowsLog } from "./dropped-rows.ts";
import { listInputFiles, sourceName } from "./readers/files.ts";
import { type PlaylistFormat, readPlays } from "./readers/plays.ts";
import { type GroupedPlaylists, type IngestReport, PlaylistCollector, type CompletePlaylist } from "./playlists.ts";
import { type KeyedPlaylists, minShortLength, toShortPlaylists } from "./short-playlists.ts";
import { buildVocabulary, noRow, type Vocabulary } from "./vocabulary.ts";

export interface Corpus {
  /** [plays] The row of each play, playlist after playlist */
  readonly tokens: Uint32Array;
  /**
   * [playlists + 1] Playlist p is `tokens[offsets[p]]` to `tokens[offsets[p + 1] - 1]`; empty if all its songs are rare
   */
  readonly offsets: Uint32Array;
  /** [playlists] The crc32 of each playlist's id */
  readonly keys: Uint32Array;
  /** Playlists shorter than minPlaylistLength; their plays are not in `tokens` or counted */
  readonly short: KeyedPlaylists;
  readonly vocabulary: Vocabulary;
  readonly report: IngestReport;
}

export interface CorpusOptions extends Partial<PlaylistFormat> {
  /** Files, directories, or `-` for standard input */
  readonly sources: readonly string[];
  /** Further playlists, always distinct from those in the files */
  readonly stored?: Iterable<CompletePlaylist>;
  /** Playlists with fewer songs are left out, before minCount is applied */
  readonly minPlaylistLength?: number;
  /** Whether `short` has the playlists with fewer songs, if they have at least two; default: false */
  readonly shortPlaylists?: boolean;
  /** Songs with fewer plays are dropped */
  readonly minCount?: number;
  /** Largest number of songs to keep, the most played ones; null: all */
  readonly maxVocabulary?: number | null;
  readonly standardInput?: Readable;
  /** In milliseconds */
  readonly clock?: () => number;
}

/**
 * Reads playlists into integers.
 *
 * @throws PLAYLISTS_UNREADABLE, COLUMN_MISSING, NOT_UTF8, TOO_MANY_MALFORMED_ROWS, SONG_IDS_UNREADABLE, NO_PLAYLISTS
 */
export async function readCorpus(options: CorpusOptions): Promise<Corpus> {
  const { minPlaylistLength = 4, minCount = 3, maxVocabulary = null, clock = () => performance.now() } = options;
  if (options.sources.length === 0 && !options.stored) throw new RangeError("no source of playlists");
  const started = clock();
  const files = await listInputFiles(options.sources, options.standardInput);
  const collector = new PlaylistCollector({ songIds: "numbers", ...options });
  const dropped = new DroppedRowsLog();
  const rowCounts: number[] = [];
  for (const file of files) rowCounts.push(await readPlays(file, options, collector, dropped));
  const listening = collector.closeSessions();
  let stored = 0;
  for (const playlist of options.stored ?? []) {
    collector.addPlaylist(playlist);
    stored++;
  }

  const grouped = collector.group(minPlaylistLength);
  const { vocabulary, rows, belowMinCount, beyondMaxVocabulary } = buildVocabulary(grouped.songs, grouped.songIds, {
    minCount,
    maxVocabulary,
  });
  const emptyReason = findEmptyReason(
    stored === 0 ? rowCounts : [...rowCounts, stored],
    grouped,
    vocabulary,
    minPlaylistLength,
    minCount,
  );
  if (emptyReason !== undefined)
    throw createError("NO_PLAYLISTS", {
      file: [...options.sources.map(sourceName), ...(stored > 0 ? ["stored playlists"] : [])].join(", "),
      reason: emptyReason,
    });

  const { tokens, offsets } = toRows(grouped, rows);
  const shorter = collector.group(minShortLength, options.shortPlaylists ? minPlaylistLength : 0);
  const short = toShortPlaylists(shorter, rows);
  const report: IngestReport = {
    files: files.map((file) => file.name),
    rows: rowCounts.reduce((sum, count) => sum + Math.max(count, 0), 0),
    stored,
    ...(listening && { listening }),
    dropped: dropped.entries(),
    playlists: { kept: offsets.length - 1, leftOut: grouped.leftOut.playlists, short: short.keys.length },
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
  return { tokens, offsets, keys: grouped.keys, short, vocabulary, report };
}

/** @returns the reason why the vocabulary is empty, undefined if it is not */
function findEmptyReason(
  rowCounts: readonly number[],
  grouped: GroupedPlaylists,
  vocabulary: Vocabulary,
  minPlaylistLength: number,
  minCount: number,
): string | undefined {
  if (vocabulary.ids.length > 0) return undefined;
  const isSingle = rowCounts.length === 1;
  if (rowCounts.every((rows) => rows < 0)) return isSingle ? "the file is empty" : "the files are empty";
  if (rowCounts.every((rows) => rows <= 0)) return "no rows below the header";
  if (grouped.songs.length > 0) return `no song has ${minCount} plays`;
  if (grouped.leftOut.plays > 0) return `every playlist has fewer than ${minPlaylistLength} songs`;
  return 'every song is missing ("?", empty, "nan" …)';
}

/** Replaces song numbers by rows, in place. */
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
