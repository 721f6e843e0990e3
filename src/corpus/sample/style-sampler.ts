import type { Random } from "../../word2vec/random.ts";
import type { PositionedSong } from "./songs.ts";

const attempts = 12;
const widening = 0.01;

/** Draws songs of a style by popularity. Songs of neighbouring styles count with their share. */
export class StyleSampler {
  readonly #songs: readonly PositionedSong[];
  readonly #positions: Float64Array;
  /** [songs + 1] Cumulative popularity of the songs before each song */
  readonly #cumulative: Float64Array;

  constructor(songs: readonly PositionedSong[], style: number) {
    this.#songs = songs
      .filter((song) => song.style === style || song.neighbour === style)
      .toSorted((a, b) => a.position - b.position);
    this.#positions = Float64Array.from(this.#songs, (song) => song.position);
    this.#cumulative = new Float64Array(this.#songs.length + 1);
    for (const [at, song] of this.#songs.entries()) {
      const weight = song.popularity * (song.style === style ? 1 : song.share);
      this.#cumulative[at + 1] = (this.#cumulative[at] ?? 0) + weight;
    }
  }

  /**
   * Draws a song between two positions on the circle. Each failed attempt widens the range.
   *
   * @returns undefined if 12 attempts found only excluded songs or none
   */
  draw(from: number, to: number, excluded: ReadonlySet<PositionedSong>, random: Random): PositionedSong | undefined {
    const start = from % 1;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const wider = attempt ** 2 * widening;
      const low = lowerBound(this.#positions, start - wider);
      const high = lowerBound(this.#positions, start + (to - from) + wider);
      const song = this.#drawBetween(low, high, random);
      if (song !== undefined && !excluded.has(song)) return song;
    }
    return undefined;
  }

  #drawBetween(low: number, high: number, random: Random): PositionedSong | undefined {
    const before = this.#cumulative[low] ?? 0;
    const weight = (this.#cumulative[high] ?? 0) - before;
    if (weight <= 0) return undefined;
    const at = lowerBound(this.#cumulative, before + weight * (1 - random())) - 1;
    return this.#songs[Math.min(Math.max(at, low), high - 1)];
  }
}

/** The first index whose value is not below `value`. */
function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
