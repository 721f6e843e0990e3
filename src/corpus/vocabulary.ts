/** The songs that are learned: a song's index is its row. By falling count, ties by first appearance. */
export interface Vocabulary {
  /** [songs] */
  readonly ids: readonly string[];
  /** Plays of each song [songs] */
  readonly counts: Uint32Array;
}

/** Row of a song that is not in the vocabulary. */
export const noRow = 0xffffffff;

/**
 * Counts songs and keeps those that are played at least `minCount` times.
 *
 * @param songs song numbers in the order of appearance [plays]
 * @param songIds the id of each song number
 * @returns the vocabulary, and the row of each song number or `noRow` [songIds]
 */
export function buildVocabulary(
  songs: Uint32Array,
  songIds: readonly string[],
  minCount: number,
): { vocabulary: Vocabulary; rows: Uint32Array; belowMinCount: number } {
  const counts = new Uint32Array(songIds.length);
  const appeared: number[] = [];
  for (const song of songs) {
    const count = counts[song] ?? 0;
    if (count === 0) appeared.push(song);
    counts[song] = count + 1;
  }
  const countOf = (song: number): number => counts[song] ?? 0;
  const kept = appeared.filter((song) => countOf(song) >= minCount).toSorted((a, b) => countOf(b) - countOf(a));
  const rows = new Uint32Array(songIds.length).fill(noRow);
  kept.forEach((song, row) => (rows[song] = row));
  const vocabulary = { ids: kept.map((song) => songIds[song] ?? ''), counts: Uint32Array.from(kept, countOf) };
  return { vocabulary, rows, belowMinCount: appeared.length - kept.length };
}
