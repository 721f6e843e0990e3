import type { DroppedRows } from "./playlists.ts";

const linesKept = 5;

/** Counts the rows that are dropped, by reason and detail, and keeps where the first five are. */
export class DroppedRowsLog {
  readonly #entries = new Map<string, DroppedRows>();

  record(file: string, line: number, reason: DroppedRows["reason"], detail?: string): void {
    const key = `${reason} ${detail ?? ""}`;
    const entry = this.#entries.get(key) ?? {
      reason,
      ...(detail === undefined ? {} : { detail }),
      count: 0,
      lines: [],
    };
    entry.count++;
    if (entry.lines.length < linesKept) entry.lines.push({ file, line });
    this.#entries.set(key, entry);
  }

  /** One entry per reason and detail, by first appearance. */
  entries(): DroppedRows[] {
    return [...this.#entries.values()];
  }
}
