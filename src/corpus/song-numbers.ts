import { type IdProblem, parseSongId, type SongIds } from "./song-ids.ts";

/** Negative numbers of cells that are no id. */
const problems: readonly IdProblem[] = ["missing", "lostDigits", "ambiguousNumber"];

/** @param number of a cell @returns why the cell is no id, undefined if it is one */
export function idProblem(number: number): IdProblem | undefined {
  return number < 0 ? problems[-1 - number] : undefined;
}

const maxSmallNumbers = 1_000_000;

/** Numbers songs in order of first appearance; all spellings of an id have the same number. */
export class SongNumbers {
  /** [songs] The id of each number */
  readonly ids: string[] = [];
  readonly #mode: SongIds;
  /** Numbers by cell and by id */
  readonly #numbers = new Map<string, number>();
  /** For cells of up to six digits, the number + 1 without hashing; 0 for a new cell */
  readonly #small = new Int32Array(maxSmallNumbers);

  constructor(mode: SongIds) {
    this.#mode = mode;
  }

  /** @returns a negative number if the cell is no id; see `idProblem` */
  numberOf(cell: string): number {
    const small = parseSmallNumber(cell);
    if (small < 0) return this.#numbers.get(cell) ?? this.#add(cell);
    const known = (this.#small[small] ?? 0) - 1;
    if (known >= 0) return known;
    const number = this.#numbers.get(cell) ?? this.#add(cell);
    this.#small[small] = number + 1;
    return number;
  }

  #add(cell: string): number {
    const parsed = parseSongId(cell, this.#mode);
    const isId = "id" in parsed;
    const number = isId
      ? (this.#numbers.get(parsed.id) ?? this.ids.push(parsed.id) - 1)
      : -1 - problems.indexOf(parsed.problem);
    if (isId) this.#numbers.set(parsed.id, number);
    this.#numbers.set(cell, number);
    return number;
  }
}

/** @returns the value of up to six digits without a leading zero, -1 for any other cell */
function parseSmallNumber(cell: string): number {
  if (cell.length === 0 || cell.length > 6) return -1;
  let value = 0;
  for (let at = 0; at < cell.length; at++) {
    const digit = cell.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9 || (digit === 0 && at === 0)) return -1;
    value = value * 10 + digit;
  }
  return value;
}
