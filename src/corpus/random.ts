/** Gives numbers from 0 up to, but not including, 1. */
export type Random = () => number;

/** The generator sfc32: the same numbers for the same seed, everywhere. */
export function createRandom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  return next;
}

/** A whole number from 0 up to, but not including, `end`. */
export function integerBelow(end: number, random: Random): number {
  return Math.floor(random() * end);
}

/** One of the items, all equally likely; there must be one. */
export function pick<T>(items: readonly T[], random: Random): T {
  const item = items[integerBelow(items.length, random)];
  if (item === undefined) throw new RangeError("nothing to pick from");
  return item;
}

/** Whole numbers from `first`, `count` of them, in random order. */
export function shuffledRange(first: number, count: number, random: Random): number[] {
  const numbers = Array.from({ length: count }, (_, index) => first + index);
  for (let at = count - 1; at > 0; at--) {
    const other = integerBelow(at + 1, random);
    [numbers[at], numbers[other]] = [numbers[other] ?? first, numbers[at] ?? first];
  }
  return numbers;
}
