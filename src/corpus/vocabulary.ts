/** The songs to train. The index of a song is its row: descending plays, then order of first appearance. */
export interface Vocabulary {
  /** [songs] */
  readonly ids: readonly string[];
  /** [songs] Plays of each song */
  readonly counts: Uint32Array;
}

/** Row of a song that is not in the vocabulary. */
export const noRow = 0xffffffff;

export interface VocabularyLimits {
  /** Songs with fewer plays are dropped. */
  readonly minCount: number;
  /** Largest number of songs to keep, the most played ones; null: all. */
  readonly maxVocabulary: number | null;
}

/** Number of dropped songs, and of their plays. */
interface DroppedSongs {
  readonly songs: number;
  readonly plays: number;
}

/**
 * Counts songs and keeps those within the limits.
 *
 * @param songs [plays] song numbers in order of appearance
 * @param songIds the id of each song number
 * @returns the vocabulary, the row of each song number or `noRow` [songIds], and the songs that each limit dropped
 */
export function buildVocabulary(
  songs: Uint32Array,
  songIds: readonly string[],
  { minCount, maxVocabulary }: VocabularyLimits,
): { vocabulary: Vocabulary; rows: Uint32Array; belowMinCount: DroppedSongs; beyondMaxVocabulary: DroppedSongs } {
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
  const playsOf = (numbers: readonly number[]) => numbers.reduce((sum, song) => sum + countOf(song), 0);
  const belowMinCount = { songs: appeared.length - frequent.length, plays: songs.length - playsOf(frequent) };
  const beyondMaxVocabulary = { songs: frequent.length - kept.length, plays: playsOf(frequent.slice(kept.length)) };
  return { vocabulary, rows, belowMinCount, beyondMaxVocabulary };
}
