import { pipeline } from "node:stream/promises";
import { type CsvError, parse, type Parser } from "csv-parse";
import { createError } from "../../errors.ts";
import { type InputFile, peek, readingError } from "./files.ts";
import { checkUtf8 } from "./utf8.ts";

/** Processes a row. @returns what is malformed about it, undefined if it is valid */
type RowReader = (cells: readonly string[], line: number) => string | undefined;

interface CsvHandlers {
  /** Called once with the column names of the header */
  readonly createRowReader: (header: readonly string[]) => RowReader;
  readonly onMalformedRow?: (line: number, detail: string) => void;
}

const maxRecordBytes = 256 * 1024;
const maxHeaderBytes = 64 * 1024;
const maxLeadingMalformed = 10_000;
const delimiters = [",", ";", "\t"];

/**
 * Streams the rows of a CSV file: UTF-8 with or without byte order mark, any line ends, quotes, gzip. The delimiter is
 * detected from the header. Malformed rows are skipped and counted. Reading stops if the first 10,000 rows are all
 * malformed.
 *
 * @returns the number of rows below the header, including malformed ones; -1 without a header
 * @throws PLAYLISTS_UNREADABLE, NOT_UTF8, TOO_MANY_MALFORMED_ROWS (more than 1 %), and errors of the handlers
 */
export async function readCsv(file: InputFile, handlers: CsvHandlers): Promise<number> {
  const progress = new Progress(file.path, handlers);
  try {
    const { head, bytes } = await peek(checkUtf8(file.open(), file.path), hasHeader);
    const parser: Parser = parse({
      bom: true,
      delimiter: detectDelimiter(head),
      record_delimiter: ["\r\n", "\n", "\r"],
      max_record_size: maxRecordBytes,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_record: (cells, info) => {
        progress.addRow(cells, info.lines, info.empty_lines);
        return null;
      },
      on_skip: (error) => {
        if (error?.code === "CSV_INVALID_CLOSING_QUOTE") resetQuoting(parser);
        if (error !== undefined) progress.skipRow(error);
        return undefined;
      },
    });
    parser.resume();
    await pipeline(bytes, parser);
  } catch (error) {
    throw readingError(file.path, error);
  }
  progress.assertFewMalformed();
  return progress.rows;
}

/** @throws COLUMN_MISSING */
export function findColumn(file: InputFile, header: readonly string[], column: string): number {
  const at = header.indexOf(column);
  if (at < 0) throw createError("COLUMN_MISSING", { file: file.path, column, found: header });
  return at;
}

/** Counts rows and malformed rows of a file. */
class Progress {
  rows = -1;
  readonly #file: string;
  readonly #handlers: CsvHandlers;
  #readRow: RowReader | undefined;
  #columns = 0;
  #line = 0;
  #emptyLines = 0;
  #malformed = 0;
  #firstMalformed: { line: number; reason: string } | undefined;

  constructor(file: string, handlers: CsvHandlers) {
    this.#file = file;
    this.#handlers = handlers;
  }

  addRow(cells: readonly string[], line: number, emptyLines: number): void {
    this.rows++;
    this.#line = line;
    this.#emptyLines = emptyLines;
    if (this.#readRow === undefined) {
      this.#columns = cells.length;
      this.#readRow = this.#handlers.createRowReader(cells.map((name) => name.trim()));
      return;
    }
    const detail = this.#readRow(cells, line);
    if (detail !== undefined) this.#recordMalformed(line, detail, detail);
  }

  skipRow(error: CsvError): void {
    const line = typeof error.lines === "number" ? error.lines : this.#line;
    const emptyLines = typeof error.empty_lines === "number" ? error.empty_lines : this.#emptyLines;
    const firstLine = this.#line + (emptyLines - this.#emptyLines) + 1;
    if (error.code === "CSV_QUOTE_NOT_CLOSED")
      throw this.#unreadable(firstLine, "the quote opened here is never closed", error);
    if (error.code === "CSV_MAX_RECORD_SIZE")
      throw this.#unreadable(firstLine, "the row exceeds 256 KiB; a closing quote may be missing", error);
    if (this.#readRow === undefined) throw this.#unreadable(line, "misplaced quote in the header", error);
    if (line === this.#line) return;
    this.rows++;
    this.#line = line;
    this.#emptyLines = emptyLines;
    if (Array.isArray(error.record)) {
      this.#recordMalformed(
        line,
        "wrong number of cells",
        `${error.record.length} cells, the header has ${this.#columns}`,
      );
    } else {
      this.#recordMalformed(line, "misplaced quote", "misplaced quote");
    }
  }

  assertFewMalformed(): void {
    if (this.#firstMalformed === undefined || this.#malformed * 100 <= this.rows) return;
    throw createError("TOO_MANY_MALFORMED_ROWS", {
      file: this.#file,
      malformed: this.#malformed,
      rows: this.rows,
      ...this.#firstMalformed,
    });
  }

  #recordMalformed(line: number, detail: string, reason: string): void {
    this.#malformed++;
    this.#firstMalformed ??= { line, reason };
    this.#handlers.onMalformedRow?.(line, detail);
    if (this.#malformed === maxLeadingMalformed && this.rows === maxLeadingMalformed) this.assertFewMalformed();
  }

  #unreadable(line: number, reason: string, cause: CsvError): Error {
    return createError("PLAYLISTS_UNREADABLE", { file: this.#file, reason: `line ${line}: ${reason}` }, { cause });
  }
}

/**
 * After a misplaced closing quote, csv-parse 7 stays in quoting state and skips the following rows; this resets the
 * state.
 */
function resetQuoting(parser: Parser): void {
  if ("state" in parser && typeof parser.state === "object" && parser.state !== null && "quoting" in parser.state)
    parser.state.quoting = false;
}

function hasHeader(head: Buffer): boolean {
  return head.length >= maxHeaderBytes || headerLine(head) !== undefined;
}

function detectDelimiter(head: Buffer): string {
  const header = (headerLine(head) ?? head.toString()).replaceAll(/"[^"]*"/g, "");
  const counts = delimiters.map((delimiter) => header.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ",";
}

function headerLine(head: Buffer): string | undefined {
  return /^[\r\n]*((?:[^"\r\n]|"[^"]*")+)[\r\n]/.exec(head.toString())?.[1];
}
