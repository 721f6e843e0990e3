import { createError } from "../../errors.ts";

/** The columns of a file. */
export interface Header {
  /** Names without surrounding spaces; empty for columns without a name */
  readonly names: readonly string[];
  /** Whether the first row has values instead of names. */
  readonly isRow: boolean;
  /** @returns the index of a column @throws COLUMN_MISSING */
  find(column: string): number;
  /** @returns the index of a column, −1 if there is none */
  indexOf(column: string): number;
  /** Whether a row repeats the names of these columns, in any order, as in files that were concatenated. */
  isRepeatedIn(cells: readonly string[], columns: readonly number[]): boolean;
}

/** Names are equal without case, surrounding spaces and invisible characters. */
export function cleanName(name: string): string {
  return name
    .replaceAll(/\p{Cf}/gu, "")
    .trim()
    .normalize("NFC")
    .toLowerCase();
}

/** @param file the path, for errors */
export function namedColumns(file: string, cells: readonly string[]): Header {
  const names = cells.map((cell) => cell.replaceAll(/\p{Cf}/gu, "").trim());
  const cleanNames = cells.map(cleanName);
  const header: Omit<Header, "find"> = {
    names,
    isRow: false,
    indexOf(column) {
      const exact = names.indexOf(column);
      return exact < 0 ? cleanNames.indexOf(cleanName(column)) : exact;
    },
    isRepeatedIn(row, columns) {
      if (startsWithDigit(row[columns[0] ?? 0]) && !startsWithDigit(cleanNames[columns[0] ?? 0])) return false;
      for (const at of columns) {
        const name = cleanNames[at] ?? "";
        const isName = (cell = ""): boolean =>
          cell.length >= name.length && cell.length < name.length + 8 && cleanName(cell) === name;
        if (!isName(row[at]) && !row.some(isName)) return false;
      }
      return true;
    },
  };
  return { ...header, find: (column) => findIn(header, file, column, names) };
}

/** Columns of a file without a header, by number from 1. */
export function numberedColumns(file: string, cells: readonly string[]): Header {
  const numbers = cells.map((_, at) => String(at + 1));
  const header = { names: [], isRow: true, indexOf: (column: string) => numbers.indexOf(column) };
  return { ...header, isRepeatedIn: () => false, find: (column) => findIn(header, file, column, numbers) };
}

/**
 * Fits a header to the first row below it: R does not name the column of row names, and rows or headers may end in
 * empty cells.
 *
 * @param isQuoted whether the names are quoted, as R does it
 */
export function fitHeader(names: readonly string[], row: readonly string[], isQuoted: boolean): readonly string[] {
  const [extra, lacking] = [row.slice(names.length), names.slice(row.length)];
  if (lacking.every((name) => name.trim() === "") && extra.every((cell) => cell.trim() === ""))
    return [...names.slice(0, row.length), ...extra];
  return isQuoted && extra.length === 1 && row[0] === "1" ? ["", ...names] : names;
}

function startsWithDigit(cell = ""): boolean {
  const code = cell.charCodeAt(0);
  return code >= 48 && code <= 57;
}

function findIn({ indexOf }: Pick<Header, "indexOf">, file: string, column: string, found: readonly string[]): number {
  const at = indexOf(column);
  if (at < 0) throw createError("COLUMN_MISSING", { file, column, found });
  return at;
}
