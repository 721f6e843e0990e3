import type { Slot } from '../model/layout.ts';

/**
 * Puts a query into whole numbers, the largest ones whose products with bytes can not overflow in sum.
 *
 * @returns what 1 stands for; 0 for a query that is zero
 */
export function toIntegers({ query, integers }: Pick<Slot, 'query' | 'integers'>): number {
  const { length } = query;
  const largest = Math.min(32_767, Math.floor((2 ** 31 - 1) / (127 * length)));
  let most = 0;
  for (let i = 0; i < length; i++) most = Math.max(most, Math.abs(query[i] as number));
  if (most === 0) integers.fill(0);
  else for (let i = 0; i < length; i++) integers[i] = Math.round(((query[i] as number) / most) * largest);
  return most / largest;
}
