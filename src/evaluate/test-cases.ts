import { crc32 } from "node:zlib";

/** A playlist cut in two: the songs that are known, as they come, and those to find. */
export interface TestCase {
  readonly query: readonly string[];
  /** None of them in the query; at least one. */
  readonly truth: ReadonlySet<string>;
}

export type Lists = ReadonlyMap<string, readonly string[]>;

const minLength = 4;
const heldOutShare = 0.2;

/**
 * The first cases by the crc32 of the playlist's id, ties by id. Of a playlist of at least four songs the last fifth is
 * to be found; where `heads` has what comes before, all of it.
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

function splitPlaylist(
  songs: readonly string[],
  head: readonly string[] | undefined,
): readonly [query: readonly string[], tail: readonly string[]] {
  if (head) return [head, songs];
  if (songs.length < minLength) return [[], []];
  const end = Math.max(1, Math.floor(songs.length * heldOutShare));
  return [songs.slice(0, -end), songs.slice(-end)];
}
