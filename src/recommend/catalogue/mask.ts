/** Excluded rows as a bit set. */
export interface Mask {
  /** [⌈V / 8⌉] Row r is bit r mod 8 of byte ⌊r / 8⌋. */
  readonly bits: Uint8Array;
}

/** Rows that a search excludes. */
export type Excluded = Mask | Iterable<number>;

export function setBit(bits: Uint8Array, row: number): void {
  bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
}

export function hasBit(bits: Uint8Array, row: number): boolean {
  return (((bits[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
}

/** Makes a lookup of excluded rows. */
export function toRowSet(excluded: Excluded): { has(row: number): boolean } {
  if (!("bits" in excluded)) return new Set(excluded);
  return { has: (row) => hasBit(excluded.bits, row) };
}

/**
 * Combines all exclusions of a query.
 *
 * @param rows excluded rows
 * @param songs V
 * @param options.filteredOut rows that do not match a filter
 * @param options.candidates the only rows that are not excluded
 */
export function combineExclusions(
  rows: ReadonlySet<number>,
  songs: number,
  {
    filteredOut,
    candidates,
  }: { readonly filteredOut?: Mask | undefined; readonly candidates?: readonly number[] | undefined },
): Excluded {
  if (!filteredOut && !candidates) return rows;
  const bits = filteredOut ? filteredOut.bits.slice() : new Uint8Array(Math.ceil(songs / 8));
  if (candidates) {
    const others = new Uint8Array(bits.length).fill(0xff);
    for (const row of candidates) others[row >> 3] = (others[row >> 3] ?? 0) & ~(1 << (row & 7));
    for (let i = 0; i < bits.length; i++) bits[i] = (bits[i] ?? 0) | (others[i] ?? 0);
  }
  for (const row of rows) setBit(bits, row);
  return { bits };
}
