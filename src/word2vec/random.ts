/** @returns a multiple of 2⁻³² in [0, 1) */
export type Random = () => number;

/**
 * The generator sfc32 (Chris Doty-Humphrey, PractRand): the same seeds give the same numbers on every platform. With
 * three seeds the numbers are 2⁻³² times those of kernel/assembly/random.ts.
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

/** A uniform integer in [0, end). */
export function integerBelow(end: number, random: Random): number {
  return Math.floor(random() * end);
}

/** A uniformly random item. @throws RangeError if there is none */
export function pick<T>(items: readonly T[], random: Random): T {
  const item = items[integerBelow(items.length, random)];
  if (item === undefined) throw new RangeError("cannot pick from an empty array");
  return item;
}

/** Fills `order` with consecutive integers from `first` in random order (Fisher–Yates). @returns `order` */
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
