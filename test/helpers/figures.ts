import { availableParallelism, loadavg } from "node:os";

/** Whether faults run at the length and to the figures that are promised, or in a short form for each change. */
export const full = process.env["FAULTS"] === "full";

/**
 * The limit of a time. In the full form it is what is promised, on a quiet machine. The short form runs beside other work: it
 * allows five times as much, and more where the machine has more to run than processors. What is ten times slower exceeds it.
 */
export function within(promised: number): number {
  const load = (loadavg()[0] ?? 0) / availableParallelism();
  return full ? promised : 5 * Math.max(1, load) * promised;
}

/** How often a property is tried: a quarter as often in the short form. */
export const runs = (count: number) => (full ? count : Math.ceil(count / 4));

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Prints what was measured, for the table of faults. */
export function report(row: number, figures: Readonly<Record<string, number | string>>): void {
  const rounded = Object.entries(figures).map(
    ([name, value]) => `${name} ${typeof value === "number" ? Math.round(value * 10) / 10 : value}`,
  );
  process.stderr.write(`row ${row}: ${rounded.join(", ")}\n`);
}
