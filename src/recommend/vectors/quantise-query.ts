import type { Slot } from "../../model/memory/layout.ts";

/**
 * Quantises the query of a slot to int16. The scale is the largest one for which products with int8 vectors cannot
 * overflow.
 *
 * @returns the value of one unit; 0 for a zero query
 */
export function quantiseToInt16({ query, queryInt16 }: Pick<Slot, "query" | "queryInt16">): number {
  const { length } = query;
  const maxInt16 = Math.min(32_767, Math.floor((2 ** 31 - 1) / (127 * length)));
  let maxAbs = 0;
  for (let i = 0; i < length; i++) maxAbs = Math.max(maxAbs, Math.abs(query[i] as number));
  if (maxAbs === 0) queryInt16.fill(0);
  else for (let i = 0; i < length; i++) queryInt16[i] = Math.round(((query[i] as number) / maxAbs) * maxInt16);
  return maxAbs / maxInt16;
}

/** The largest magnitude in seven bits with an offset of 64. */
const maxUint7 = 63;

/**
 * Quantises the query of a slot to seven bits with an offset of 64, for the int8 scan. The rounding error is about 1.5
 * % of the query's length, which is accurate enough to select candidates for rescoring.
 *
 * @returns the value of one unit; 0 for a zero query
 */
export function quantiseToUint7({ query, queryUint7 }: Pick<Slot, "query" | "queryUint7">): number {
  const { length } = query;
  let maxAbs = 0;
  for (let i = 0; i < length; i++) maxAbs = Math.max(maxAbs, Math.abs(query[i] as number));
  const scale = maxAbs === 0 ? 0 : maxUint7 / maxAbs;
  for (let i = 0; i < length; i++) queryUint7[i] = 64 + Math.round((query[i] as number) * scale);
  return maxAbs / maxUint7;
}
