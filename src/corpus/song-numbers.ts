import { readSongId, type SongIds } from "./song-ids.ts";

/** What a cell gives in which the song is missing. */
export const missingSong = -1;

const smallNumbers = 1_000_000;

/** Numbers songs by first appearance, so that every cell of one song has the same number. */
export class SongNumbers {
  /** The id of each number [songs] */
  readonly ids: string[] = [];
  readonly #mode: SongIds;
  /** By cell as well as by id */
  readonly #numbers = new Map<string, number>();
  /** For cells like `12345` the number plus one, which spares hashing them: 0 is a cell not seen yet */
  readonly #small = new Int32Array(smallNumbers);

  constructor(mode: SongIds) {
    this.#mode = mode;
  }

  numberOf(cell: string): number {
    const small = smallNumber(cell);
    if (small < 0) return this.#numbers.get(cell) ?? this.#add(cell);
    const known = (this.#small[small] ?? 0) - 1;
    if (known >= 0) return known;
    const number = this.#numbers.get(cell) ?? this.#add(cell);
    this.#small[small] = number + 1;
    return number;
  }

  #add(cell: string): number {
    const id = readSongId(cell, this.#mode);
    const number = id === undefined ? missingSong : (this.#numbers.get(id) ?? this.ids.push(id) - 1);
    if (id !== undefined) this.#numbers.set(id, number);
    this.#numbers.set(cell, number);
    return number;
  }
}

/** The value of up to six digits without a leading zero, which are a song id as they stand; -1 for any other cell. */
function smallNumber(cell: string): number {
  if (cell.length === 0 || cell.length > 6) return -1;
  let value = 0;
  for (let at = 0; at < cell.length; at++) {
    const digit = cell.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9 || (digit === 0 && at === 0)) return -1;
    value = value * 10 + digit;
  }
  return value;
}
