// sfc32 (Chris Doty-Humphrey, PractRand): 128 bits of state, 32-bit operations only, as ../../random.ts.
let a: u32 = 0;
let b: u32 = 0;
let c: u32 = 0;
let counter: u32 = 1;

export function seed(first: u32, second: u32, third: u32): void {
  a = first;
  b = second;
  c = third;
  counter = 1;
  for (let i = 0; i < 15; i++) next();
}

// @ts-ignore: decorator
@inline
export function next(): u32 {
  const result = a + b + counter;
  counter++;
  a = b ^ (b >> 9);
  b = c + (c << 3);
  c = rotl<u32>(c, 21) + result;
  return result;
}

/** A uniform integer in [0, bound). */
// @ts-ignore: decorator
@inline
export function below(bound: u32): u32 {
  return <u32>(((<u64>next()) * (<u64>bound)) >> 32);
}
