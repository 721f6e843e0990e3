import { z } from "zod";
import { createError } from "../errors.ts";
import type { IdProblem } from "./song-ids.ts";

const count = z.int().min(0);

export const droppedRowsSchema = z.object({
  reason: z.enum(["missingSong", "lostDigits", "ambiguousNumber", "repeatedHeader", "malformedRow"]).meta({
    description:
      "Why the rows were dropped. lostDigits: ids in scientific notation. ambiguousNumber: ids like 12.000 or 12,000",
  }),
  detail: z.string().optional().meta({ description: "Kind of malformed rows" }),
  count: count.meta({ description: "Number of dropped rows" }),
  lines: z
    .array(
      z.object({
        file: z.string().meta({ description: "Name of the file" }),
        line: z.int().min(1).meta({ description: "Line number, from 1" }),
      }),
    )
    .max(5)
    .meta({ description: "Where the first five dropped rows are" }),
});
export type DroppedRows = z.infer<typeof droppedRowsSchema>;

/** A row that is dropped. */
export interface RowProblem {
  readonly reason: DroppedRows["reason"];
  /** Kind of a malformed row, for the report. */
  readonly detail?: string;
  /** What is wrong with this row, for the error; the detail by default. */
  readonly found?: string;
}

/** @param cell the id @returns why a row with such a song id is dropped */
export function songProblem(problem: IdProblem, cell: string): RowProblem {
  return problem === "missing" ? { reason: "missingSong" } : { reason: problem, found: cell };
}

/** @param cell the id @returns why a row with such a playlist or user id is dropped */
export function groupProblem(problem: IdProblem, cell: string, name: string): RowProblem {
  return problem === "missing" ? malformed(`empty ${name} id`) : { reason: problem, found: cell };
}

export function malformed(detail: string, found?: string): RowProblem {
  return { reason: "malformedRow", detail, ...(found !== undefined && { found }) };
}

const maxLines = 5;
/** Reading stops if the first rows are all malformed. */
const maxLeadingMalformed = 10_000;
/** Reasons that may affect at most 1 % of the rows of a file. */
const limited = ["malformedRow", "lostDigits", "ambiguousNumber"] as const;

/** Counts dropped rows by reason and detail, with the locations of the first five. */
export class DroppedRowsLog {
  readonly #entries = new Map<string, DroppedRows>();

  record(file: string, line: number, { reason, detail }: RowProblem, rows: number): void {
    const key = `${reason} ${detail ?? ""}`;
    const entry = this.#entries.get(key) ?? {
      reason,
      ...(detail === undefined ? {} : { detail }),
      count: 0,
      lines: [],
    };
    entry.count += rows;
    if (entry.lines.length < maxLines) entry.lines.push({ file, line });
    this.#entries.set(key, entry);
  }

  /** One entry per reason and detail, in order of first appearance. */
  entries(): DroppedRows[] {
    return [...this.#entries.values()];
  }
}

/** Counts the rows of one file, and the dropped rows. */
export class RowCounts {
  /** Rows below the header; −1 without a header. */
  rows = -1;
  readonly #file: { readonly path: string; readonly name: string };
  readonly #log: DroppedRowsLog | undefined;
  readonly #dropped = new Map<RowProblem["reason"], { rows: number; line: number; found: string }>();

  constructor(file: { readonly path: string; readonly name: string }, log?: DroppedRowsLog) {
    this.#file = file;
    this.#log = log;
  }

  /** @param rows rows that the problem affects @throws TOO_MANY_MALFORMED_ROWS if the first 10,000 are all malformed */
  drop(line: number, problem: RowProblem, rows = 1): void {
    const { reason, detail = "", found = detail } = problem;
    const entry = this.#dropped.get(reason) ?? { rows: 0, line, found };
    entry.rows += rows;
    this.#dropped.set(reason, entry);
    this.#log?.record(this.#file.name, line, problem, rows);
    if (reason === "malformedRow" && entry.rows === maxLeadingMalformed && this.rows === maxLeadingMalformed)
      this.assertFewDropped();
  }

  /** @throws TOO_MANY_MALFORMED_ROWS, SONG_IDS_UNREADABLE */
  assertFewDropped(): void {
    for (const reason of limited) {
      const dropped = this.#dropped.get(reason);
      if (!dropped || dropped.rows * 100 <= this.rows) continue;
      const where = { file: this.#file.path, rows: this.rows, line: dropped.line };
      if (reason === "malformedRow")
        throw createError("TOO_MANY_MALFORMED_ROWS", { ...where, malformed: dropped.rows, reason: dropped.found });
      throw createError("SONG_IDS_UNREADABLE", { ...where, dropped: dropped.rows, problem: reason, id: dropped.found });
    }
  }
}
