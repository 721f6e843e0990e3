/** Gives multiples of 2⁻³² from 0 up to, but not including, 1. */
export type Random = () => number;

/**
 * The generator sfc32 (Chris Doty-Humphrey, PractRand): the same numbers for the same seeds, everywhere. With three seeds
 * they are 2⁻³² times those of the kernel's random.ts.
 */
export function createRandom(...seeds: readonly [number] | readonly [number, number, number]): Random {
  let [a, b, c] = seeds.length === 3 ? seeds : [0x9e3779b9, 0x243f6a88, seeds[0]];
  let counter = 1;
  const next = () => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warmUp = seeds.length === 3 ? 15 : 12; warmUp > 0; warmUp--) next();
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

/** Fills `order` with whole numbers from `first` in random order (Fisher–Yates), and returns it. */
export function shuffle<T extends Uint32Array>(order: T, random: Random, first = 0): T {
  for (let at = 0; at < order.length; at++) order[at] = first + at;
  for (let at = order.length - 1; at > 0; at--) {
    const other = integerBelow(at + 1, random);
    const moved = order[at] as number;
    order[at] = order[other] as number;
    order[other] = moved;
  }
  return order;
}
