import { crc32 } from "node:zlib";
import { beginningsOf, type NextSongCase } from "./next-song.ts";

/** A playlist split into query and truth. */
export interface TestCase {
  readonly query: readonly string[];
  /** At least one song; none of the query. */
  readonly truth: ReadonlySet<string>;
}

export type Lists = ReadonlyMap<string, readonly string[]>;

const minLength = 4;
const heldOutShare = 0.2;

/**
 * Builds test cases in the order of the CRC-32 of playlist ids, with ties by id. The truth is the last fifth of each
 * playlist of at least four songs.
 *
 * @param heads the beginnings of the playlists; if given, they are the queries and the truth is the complete test
 *   playlist
 * @param limit largest number of cases
 */
export function buildTestCases(test: Lists, heads: Lists | undefined, limit: number): TestCase[] {
  const cases: TestCase[] = [];
  for (const id of [...test.keys()].toSorted((a, b) => crc32(a) - crc32(b) || (a < b ? -1 : 1))) {
    if (cases.length === limit) break;
    const [query, tail] = splitPlaylist(test.get(id) ?? [], heads && (heads.get(id) ?? []));
    const truth = new Set(tail).difference(new Set(query));
    if (query.length > 0 && truth.size > 0) cases.push({ query, truth });
  }
  return cases;
}

/**
 * Builds next-song cases: every beginning of a test playlist, with repeats, and the song after it.
 *
 * @param heads the beginnings of the playlists; if given, the next song is one of the test playlist
 * @param limit largest number of cases, evenly spaced
 */
export function buildNextSongs(test: Lists, heads: Lists | undefined, limit: number): NextSongCase<string>[] {
  const playlists = [...test].map(([id, songs]) => {
    const head = heads?.get(id) ?? [];
    return { songs: [...head, ...songs], first: Math.max(1, head.length) };
  });
  return beginningsOf(playlists, limit);
}

function splitPlaylist(
  songs: readonly string[],
  head: readonly string[] | undefined,
): readonly [query: readonly string[], tail: readonly string[]] {
  if (head) return [head, songs];
  if (songs.length < minLength) return [[], []];
  const end = Math.max(1, Math.floor(songs.length * heldOutShare));
  return [songs.slice(0, -end), songs.slice(-end)];
}
