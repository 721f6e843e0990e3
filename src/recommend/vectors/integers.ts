import type { Slot } from "../../model/memory/layout.ts";

/**
 * Puts a query into whole numbers, the largest ones whose products with bytes can not overflow in sum.
 *
 * @returns what 1 stands for; 0 for a query that is zero
 */
export function toIntegers({ query, queryInt16 }: Pick<Slot, "query" | "queryInt16">): number {
  const { length } = query;
  const largest = Math.min(32_767, Math.floor((2 ** 31 - 1) / (127 * length)));
  let most = 0;
  for (let i = 0; i < length; i++) most = Math.max(most, Math.abs(query[i] as number));
  if (most === 0) queryInt16.fill(0);
  else for (let i = 0; i < length; i++) queryInt16[i] = Math.round(((query[i] as number) / most) * largest);
  return most / largest;
}

/** The largest that stands in seven bits, where 64 is 0. */
const largestOfSevenBits = 63;

/**
 * The same in seven bits, 64 more than each whole number: the form that a scan of all songs takes. Rounding puts it off by some
 * 1.5 % of its length, which is enough to tell which songs to look at again.
 *
 * @returns what 1 stands for; 0 for a query that is zero
 */
export function toSevenBits({ query, queryUint7 }: Pick<Slot, "query" | "queryUint7">): number {
  const { length } = query;
  let most = 0;
  for (let i = 0; i < length; i++) most = Math.max(most, Math.abs(query[i] as number));
  const scale = most === 0 ? 0 : largestOfSevenBits / most;
  for (let i = 0; i < length; i++) queryUint7[i] = 64 + Math.round((query[i] as number) * scale);
  return most / largestOfSevenBits;
}
