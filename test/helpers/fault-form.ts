import { availableParallelism, loadavg } from "node:os";

/** Whether the fault tests run in full, with the promised limits, or in their short form. */
export const isFull = process.env["FAULTS"] === "full";

/**
 * A time limit in any unit. In the full form it is the promised one, for a quiet machine. In the short form it is five
 * times as long, and longer still if the load of the machine exceeds its processors.
 */
export function timeLimit(promised: number): number {
  const load = (loadavg()[0] ?? 0) / availableParallelism();
  return isFull ? promised : 5 * Math.max(1, load) * promised;
}

/** Number of runs of a property: a quarter of `count` in the short form. */
export const runs = (count: number) => (isFull ? count : Math.ceil(count / 4));

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Prints measured figures for a row of the table of faults. */
export function report(row: number, figures: Readonly<Record<string, number | string>>): void {
  const rounded = Object.entries(figures).map(
    ([name, value]) => `${name} ${typeof value === "number" ? Math.round(value * 10) / 10 : value}`,
  );
  process.stderr.write(`row ${row}: ${rounded.join(", ")}\n`);
}
