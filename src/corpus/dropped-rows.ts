import type { DroppedRows } from "./playlists.ts";

const maxLines = 5;

/** Counts dropped rows by reason and detail, with the locations of the first five. */
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
    if (entry.lines.length < maxLines) entry.lines.push({ file, line });
    this.#entries.set(key, entry);
  }

  /** One entry per reason and detail, in order of first appearance. */
  entries(): DroppedRows[] {
    return [...this.#entries.values()];
  }
}
