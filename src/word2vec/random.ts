/** Uniform whole numbers in [0, 2³²). */
export type Random = () => number;

/**
 * sfc32 (Chris Doty-Humphrey, PractRand), number for number what the kernel's random.ts draws.
 */
export function createRandom(first: number, second: number, third: number): Random {
  let a = first | 0;
  let b = second | 0;
  let c = third | 0;
  let counter = 1;
  const next = () => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  for (let i = 0; i < 15; i++) next();
  return next;
}

/** A whole number in [0, bound), bound ≤ 2²¹. */
export function below(random: Random, bound: number): number {
  return Math.floor((random() * bound) / 2 ** 32);
}
