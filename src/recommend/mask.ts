/** Rows to be passed over: a bit for each, set by `setBit`. */
export interface Mask {
  /** Row r is bit r mod 8 of byte ⌊r / 8⌋ [⌈V / 8⌉]. */
  readonly bits: Uint8Array;
}

/** Which rows a search passes over. */
export type Excluded = Mask | Iterable<number>;

export function setBit(bits: Uint8Array, row: number): void {
  bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
}

export function hasBit(bits: Uint8Array, row: number): boolean {
  return (((bits[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
}

export function excludes(excluded: Excluded): { has(row: number): boolean } {
  if (!('bits' in excluded)) return new Set(excluded);
  return { has: (row) => hasBit(excluded.bits, row) };
}
