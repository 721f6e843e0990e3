import { readFileSync } from "node:fs";
import { crc32, gunzipSync } from "node:zlib";
import { readSongId } from "../../../src/corpus/song-ids.ts";

/** A playlist split into query and truth. */
export interface Case {
  /** Distinct rows of known query songs, ascending. */
  readonly query: readonly number[];
  readonly queryRows: ReadonlySet<number>;
  /** Rows of known truth songs. */
  readonly truth: ReadonlySet<number>;
  /** Number of truth songs, including unknown ones. */
  readonly truthSongs: number;
}

/**
 * Reads the first cases of a test file in the order of the CRC-32 of playlist ids, with ties by id. The truth is the
 * last fifth of each playlist of at least 4 songs.
 *
 * @param queriesFile the playlists that the test file continues; if given, they are the queries
 */
export function readCases(
  testFile: string,
  queriesFile: string | undefined,
  songIds: readonly string[],
  wanted = 2000,
): Case[] {
  const rowOf = new Map(songIds.map((id, row) => [id, row]));
  const rowsOf = (songs: Iterable<string>) =>
    new Set([...songs].map((song) => rowOf.get(song)).filter((row) => row !== undefined));
  const tests = readPlaylists(testFile);
  const queries = queriesFile === undefined ? undefined : readPlaylists(queriesFile);
  const cases: Case[] = [];
  for (const id of [...tests.keys()].toSorted((a, b) => crc32(a) - crc32(b) || (a < b ? -1 : 1))) {
    const [query, tail] = splitPlaylist(tests.get(id) ?? [], queries && (queries.get(id) ?? []));
    const truth = new Set(tail).difference(new Set(query));
    if (query.length === 0 || truth.size === 0) continue;
    const queryRows = rowsOf(query);
    cases.push({
      query: [...queryRows].toSorted((a, b) => a - b),
      queryRows,
      truth: rowsOf(truth),
      truthSongs: truth.size,
    });
    if (cases.length === wanted) break;
  }
  return cases;
}

function splitPlaylist(
  songs: readonly string[],
  query: readonly string[] | undefined,
): readonly [readonly string[], readonly string[]] {
  if (query) return [query, songs];
  if (songs.length < 4) return [[], []];
  const heldOut = Math.max(1, Math.floor(songs.length / 5));
  return [songs.slice(0, -heldOut), songs.slice(-heldOut)];
}

function readPlaylists(file: string): Map<string, string[]> {
  const playlists = new Map<string, string[]>();
  for (const line of gunzipSync(readFileSync(file)).toString().split("\n").slice(1)) {
    const [playlist = "", cell = ""] = line.split(",");
    const song = readSongId(cell, "numbers");
    if (song === undefined) continue;
    const songs = playlists.get(playlist);
    if (songs) songs.push(song);
    else playlists.set(playlist, [song]);
  }
  return playlists;
}
