import { pipeline } from "node:stream/promises";
import { type CsvError, parse, type Parser } from "csv-parse";
import { createError } from "../../errors.ts";
import { malformed, type RowCounts, type RowProblem } from "../dropped-rows.ts";
import { detectDialect } from "./dialect.ts";
import { type InputFile, readingError } from "./files.ts";
import { fitHeader, type Header } from "./header.ts";
import type { Text } from "./text.ts";

/** Reads the rows below a header. */
export interface RowReader {
  /** Indexes of the columns that identify a row, which have no line breaks. */
  readonly idColumns: readonly number[];
  /** Processes a row. @returns why it is dropped, undefined if it is not */
  read(cells: readonly string[], line: number): RowProblem | undefined;
}

export interface CsvOptions {
  /** Creates the header of the first row. */
  readonly createHeader: (cells: readonly string[]) => Header;
  /** Names that tell the delimiter. */
  readonly columns: readonly string[];
  /** Called for the first row, and again where another file was concatenated. */
  readonly createRowReader: (header: Header) => RowReader;
  readonly rows: RowCounts;
}

const maxRecordBytes = 256 * 1024;
/** A cell without content: blank, or of a line that database clients draw. */
const ruled = /^[-+=:\s]*$/;

interface Layout {
  /** The cells of the header. */
  readonly names: readonly string[];
  readonly header: Header;
  readonly reader: RowReader;
}

/**
 * Streams the rows of a CSV file with any line ends and quotes. The delimiter is detected from the first line. Rows
 * that are malformed or repeat the header are dropped and counted. Rows without content are empty lines.
 *
 * @throws PLAYLISTS_UNREADABLE, NOT_UTF8, TOO_MANY_MALFORMED_ROWS (more than 1 %), SONG_IDS_UNREADABLE, and errors of the
 *   handlers
 */
export async function readCsv(file: InputFile, text: Text, options: CsvOptions): Promise<void> {
  const { hasQuotedNames, ...dialect } = detectDialect(text.head, options.columns);
  const rows = new Rows(file.path, dialect.delimiter, hasQuotedNames, options);
  try {
    const parser: Parser = parse({
      ...dialect,
      relax_column_count: true,
      record_delimiter: ["\r\n", "\n", "\r"],
      max_record_size: maxRecordBytes,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_record: (cells, info) => {
        rows.add(cells, info.lines, info.empty_lines);
        return null;
      },
      on_skip: (error) => {
        if (error?.code === "CSV_INVALID_CLOSING_QUOTE") resetQuoting(parser);
        if (error !== undefined) rows.skip(error);
        return undefined;
      },
    });
    parser.resume();
    await pipeline(text.bytes, parser);
  } catch (error) {
    throw readingError(file.path, error);
  }
  options.rows.assertFewDropped();
}

/** Passes the rows of a file to its reader. */
class Rows {
  readonly #file: string;
  readonly #delimiter: string;
  readonly #hasQuotedNames: boolean;
  readonly #options: CsvOptions;
  readonly #counts: RowCounts;
  #layout: Layout | undefined;
  /** Whether the header has the width of the rows. */
  #isFitted = false;
  /** The last row name of a file of R: ascending numbers. */
  #rowName: number | undefined;
  #line = 0;
  #emptyLines = 0;

  constructor(file: string, delimiter: string, hasQuotedNames: boolean, options: CsvOptions) {
    this.#file = file;
    this.#hasQuotedNames = hasQuotedNames;
    this.#delimiter = delimiter;
    this.#options = options;
    this.#counts = options.rows;
  }

  add(cells: readonly string[], line: number, emptyLines: number): void {
    const lines = line - this.#line - (emptyLines - this.#emptyLines);
    this.#line = line;
    this.#emptyLines = emptyLines;
    if (ruled.test(cells[0] ?? "") && cells.every((cell) => ruled.test(cell))) return;
    this.#counts.rows++;
    if (this.#layout === undefined) {
      this.#layout = this.#createLayout(cells);
      this.#isFitted = this.#layout.header.isRow;
      if (!this.#isFitted) return;
      this.#counts.rows++;
    }
    if (this.#layout.header.isRepeatedIn(cells, this.#layout.reader.idColumns)) {
      this.#layout = this.#createLayout(cells);
      this.#isFitted = false;
      this.#counts.drop(line, { reason: "repeatedHeader" });
      return;
    }
    const layout = this.#isFitted ? this.#layout : this.#fit(this.#layout, cells);
    const malformedRow = this.#findMalformed(cells, lines, layout);
    const rows = malformedRow ? lines : 1;
    this.#counts.rows += rows - 1;
    const problem = malformedRow ?? layout.reader.read(cells, line);
    if (problem) this.#counts.drop(line - rows + 1, problem, rows);
  }

  skip(error: CsvError): void {
    const line = typeof error.lines === "number" ? error.lines : this.#line;
    const emptyLines = typeof error.empty_lines === "number" ? error.empty_lines : this.#emptyLines;
    const firstLine = this.#line + (emptyLines - this.#emptyLines) + 1;
    if (error.code === "CSV_QUOTE_NOT_CLOSED")
      throw this.#unreadable(firstLine, "the quote opened here is never closed", error);
    if (error.code === "CSV_MAX_RECORD_SIZE")
      throw this.#unreadable(firstLine, "the row exceeds 256 KiB; a closing quote may be missing", error);
    if (this.#layout === undefined) throw this.#unreadable(line, "misplaced quote in the header", error);
    if (line === this.#line) return;
    const lines = Math.max(1, line - firstLine + 1);
    this.#counts.rows += lines;
    this.#line = line;
    this.#emptyLines = emptyLines;
    this.#counts.drop(firstLine, malformed("misplaced quote"), lines);
  }

  #createLayout(names: readonly string[]): Layout {
    const header = this.#options.createHeader(names);
    return { names, header, reader: this.#options.createRowReader(header) };
  }

  /** @param row the first one below the header */
  #fit({ names }: Layout, row: readonly string[]): Layout {
    const fitted = fitHeader(names, row, this.#hasQuotedNames);
    this.#isFitted = true;
    this.#rowName = fitted[0] === "" && names[0] !== "" ? 0 : undefined;
    return (this.#layout = this.#createLayout(fitted));
  }

  #findMalformed(cells: readonly string[], lines: number, { names, reader }: Layout): RowProblem | undefined {
    const rowName = this.#rowName === undefined ? undefined : Number(cells[0]);
    if (cells.length !== names.length || (rowName !== undefined && !(rowName > (this.#rowName ?? 0))))
      return malformed(
        "wrong number of cells",
        `${cells.length} cells, the header has ${rowName === undefined ? names.length : names.length - 1}`,
      );
    this.#rowName = rowName;
    return lines > 1 && this.#hidesRows(cells, reader.idColumns)
      ? malformed("quote over several rows", `a quote hides ${lines} rows`)
      : undefined;
  }

  /** Whether a cell with line breaks is an id, or has taken in rows: a line of it with delimiters makes a row with ids. */
  #hidesRows(cells: readonly string[], idColumns: readonly number[]): boolean {
    if (idColumns.some((at) => /[\r\n]/.test((cells[at] ?? "").trim()))) return true;
    return cells.some((cell, column) => {
      const lines = cell.split(/[\r\n]+/).map((line) => line.split(this.#delimiter));
      return lines.some((parts, i) => {
        const before = i === 0 ? cells.slice(0, column) : [];
        const row = [...before, ...parts, ...(i === lines.length - 1 ? cells.slice(column + 1) : [])];
        const isWhole = lines.length > 1 && parts.length > 1 && row.length === cells.length;
        return isWhole && idColumns.every((at) => shapeOf(row[at]) === shapeOf(cells[at]));
      });
    });
  }

  #unreadable(line: number, reason: string, cause: CsvError): Error {
    return createError("PLAYLISTS_UNREADABLE", { file: this.#file, reason: `line ${line}: ${reason}` }, { cause });
  }
}

/** Ids are digits, or texts of one length without spaces. */
function shapeOf(id = ""): string | number {
  const text = id.trim().replace(/^"(.*)"$/, "$1");
  if (/^\d+(?:\.0)?$/.test(text)) return "number";
  return /^\S+$/.test(text) ? text.length : "text";
}

/**
 * After a misplaced closing quote, csv-parse 7 stays in quoting state and skips the following rows; this resets the
 * state.
 */
function resetQuoting(parser: Parser): void {
  if ("state" in parser && typeof parser.state === "object" && parser.state !== null && "quoting" in parser.state)
    parser.state.quoting = false;
}
