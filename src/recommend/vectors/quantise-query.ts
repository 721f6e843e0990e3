import type { Slot } from "../../model/memory/layout.ts";

/**
 * Puts a query into whole numbers, the largest ones whose products with bytes can not overflow in sum.
 *
 * @returns what 1 stands for; 0 for a query that is zero
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

/** The largest that stands in seven bits, where 64 is 0. */
const maxUint7 = 63;

/**
 * The same in seven bits, 64 more than each whole number: the form that a scan of all songs takes. Rounding puts it off by some
 * 1.5 % of its length, which is enough to tell which songs to look at again.
 *
 * @returns what 1 stands for; 0 for a query that is zero
 */
export function quantiseToUint7({ query, queryUint7 }: Pick<Slot, "query" | "queryUint7">): number {
  const { length } = query;
  let maxAbs = 0;
  for (let i = 0; i < length; i++) maxAbs = Math.max(maxAbs, Math.abs(query[i] as number));
  const scale = maxAbs === 0 ? 0 : maxUint7 / maxAbs;
  for (let i = 0; i < length; i++) queryUint7[i] = 64 + Math.round((query[i] as number) * scale);
  return maxAbs / maxUint7;
}
