/** The songs that are learned: a song's index is its row. By falling count, ties by first appearance. */
export interface Vocabulary {
  /** [songs] */
  readonly ids: readonly string[];
  /** Plays of each song [songs] */
  readonly counts: Uint32Array;
}

/** Row of a song that is not in the vocabulary. */
export const noRow = 0xffffffff;

export interface VocabularyLimits {
  /** Songs that are played less often are left out. */
  readonly minCount: number;
  /** Of the rest so many are kept, the most played ones; null: all. */
  readonly maxVocabulary: number | null;
}

/** Songs that were left out, and their plays. */
interface LeftOut {
  readonly songs: number;
  readonly plays: number;
}

/**
 * Counts songs and keeps those that are within the limits.
 *
 * @param songs song numbers in the order of appearance [plays]
 * @param songIds the id of each song number
 * @returns the vocabulary, the row of each song number or `noRow` [songIds], and what either limit left out
 */
export function buildVocabulary(
  songs: Uint32Array,
  songIds: readonly string[],
  { minCount, maxVocabulary }: VocabularyLimits,
): { vocabulary: Vocabulary; rows: Uint32Array; belowMinCount: LeftOut; beyondMaxVocabulary: LeftOut } {
  const counts = new Uint32Array(songIds.length);
  const appeared: number[] = [];
  for (const song of songs) {
    const count = counts[song] ?? 0;
    if (count === 0) appeared.push(song);
    counts[song] = count + 1;
  }
  const countOf = (song: number): number => counts[song] ?? 0;
  const frequent = appeared.filter((song) => countOf(song) >= minCount).toSorted((a, b) => countOf(b) - countOf(a));
  const kept = frequent.slice(0, maxVocabulary ?? frequent.length);
  const rows = new Uint32Array(songIds.length).fill(noRow);
  kept.forEach((song, row) => (rows[song] = row));
  const vocabulary = { ids: kept.map((song) => songIds[song] ?? ""), counts: Uint32Array.from(kept, countOf) };
  const playsOf = (some: readonly number[]) => some.reduce((sum, song) => sum + countOf(song), 0);
  const belowMinCount = { songs: appeared.length - frequent.length, plays: songs.length - playsOf(frequent) };
  const beyondMaxVocabulary = { songs: frequent.length - kept.length, plays: playsOf(frequent.slice(kept.length)) };
  return { vocabulary, rows, belowMinCount, beyondMaxVocabulary };
}
