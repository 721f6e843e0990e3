import { pipeline } from "node:stream/promises";
import { type CsvError, parse, type Parser } from "csv-parse";
import { createError } from "../../errors.ts";
import { type InputFile, peek, readingError } from "./files.ts";
import { checkUtf8 } from "./utf8.ts";

/** Takes the cells of a row; what it returns says what is malformed about the row. */
type RowReader = (cells: readonly string[], line: number) => string | undefined;

interface CsvHandlers {
  /** Takes the names of the header, and gives what reads the rows below it. */
  readonly createRowReader: (header: readonly string[]) => RowReader;
  readonly onMalformedRow?: (line: number, detail: string) => void;
}

const maximumRecordSize = 256 * 1024;
const maximumHeaderPeek = 64 * 1024;
const hopelessRows = 10_000;
const delimiters = [",", ";", "\t"];

/**
 * Streams the rows of a CSV file: UTF-8 with or without a byte order mark, delimiter taken from the header line, any
 * line ends, quotes, gzip. Malformed rows are skipped and counted; a file whose first 10,000 rows are all malformed is
 * not read on.
 *
 * @returns how many rows there are below the header, the malformed ones included; -1 without a header
 * @throws PLAYLISTS_UNREADABLE, NOT_UTF8, TOO_MANY_MALFORMED_ROWS (more than 1 %), and whatever the reader throws
 */
export async function readCsv(file: InputFile, reader: CsvHandlers): Promise<number> {
  const progress = new Progress(file.path, reader);
  try {
    const { head, bytes } = await peek(checkUtf8(file.open(), file.path), hasHeader);
    const parser: Parser = parse({
      bom: true,
      delimiter: detectDelimiter(head),
      record_delimiter: ["\r\n", "\n", "\r"],
      max_record_size: maximumRecordSize,
      skip_empty_lines: true,
      skip_records_with_error: true,
      on_record: (cells, info) => {
        progress.take(cells, info.lines, info.empty_lines);
        return null;
      },
      on_skip: (error) => {
        if (error?.code === "CSV_INVALID_CLOSING_QUOTE") leaveQuotes(parser);
        if (error !== undefined) progress.skip(error);
        return undefined;
      },
    });
    parser.resume();
    await pipeline(bytes, parser);
  } catch (error) {
    throw readingError(file.path, error);
  }
  progress.refuseTooManyMalformed();
  return progress.rows;
}

/** @throws COLUMN_MISSING */
export function findColumn(file: InputFile, header: readonly string[], column: string): number {
  const at = header.indexOf(column);
  if (at < 0) throw createError("COLUMN_MISSING", { file: file.path, column, found: header });
  return at;
}

class Progress {
  rows = -1;
  readonly #file: string;
  readonly #reader: CsvHandlers;
  #readRow: RowReader | undefined;
  #columns = 0;
  #line = 0;
  #emptyLines = 0;
  #malformed = 0;
  #firstMalformed: { line: number; reason: string } | undefined;

  constructor(file: string, reader: CsvHandlers) {
    this.#file = file;
    this.#reader = reader;
  }

  take(cells: readonly string[], line: number, emptyLines: number): void {
    this.rows++;
    this.#line = line;
    this.#emptyLines = emptyLines;
    if (this.#readRow === undefined) {
      this.#columns = cells.length;
      this.#readRow = this.#reader.createRowReader(cells.map((name) => name.trim()));
      return;
    }
    const detail = this.#readRow(cells, line);
    if (detail !== undefined) this.#noteMalformed(line, detail, detail);
  }

  skip(error: CsvError): void {
    const line = typeof error.lines === "number" ? error.lines : this.#line;
    const emptyLines = typeof error.empty_lines === "number" ? error.empty_lines : this.#emptyLines;
    const firstLine = this.#line + (emptyLines - this.#emptyLines) + 1;
    if (error.code === "CSV_QUOTE_NOT_CLOSED")
      throw this.#unreadable(firstLine, "a quote that is opened here is never closed", error);
    if (error.code === "CSV_MAX_RECORD_SIZE")
      throw this.#unreadable(firstLine, "the row is longer than 256 KiB; is a quote left open?", error);
    if (this.#readRow === undefined) throw this.#unreadable(line, "misplaced quote in the header", error);
    if (line === this.#line) return;
    this.rows++;
    this.#line = line;
    this.#emptyLines = emptyLines;
    if (Array.isArray(error.record)) {
      this.#noteMalformed(
        line,
        "wrong number of cells",
        `it has ${error.record.length} cells, the header ${this.#columns}`,
      );
    } else {
      this.#noteMalformed(line, "misplaced quote", "misplaced quote");
    }
  }

  refuseTooManyMalformed(): void {
    if (this.#firstMalformed === undefined || this.#malformed * 100 <= this.rows) return;
    throw createError("TOO_MANY_MALFORMED_ROWS", {
      file: this.#file,
      malformed: this.#malformed,
      rows: this.rows,
      ...this.#firstMalformed,
    });
  }

  #noteMalformed(line: number, detail: string, reason: string): void {
    this.#malformed++;
    this.#firstMalformed ??= { line, reason };
    this.#reader.onMalformedRow?.(line, detail);
    if (this.#malformed === hopelessRows && this.rows === hopelessRows) this.refuseTooManyMalformed();
  }

  #unreadable(line: number, reason: string, cause: CsvError): Error {
    return createError("PLAYLISTS_UNREADABLE", { file: this.#file, reason: `line ${line}: ${reason}` }, { cause });
  }
}

/** After a bad closing quote csv-parse 7 stays inside the quotes and swallows the rows that follow; this ends it there. */
function leaveQuotes(parser: Parser): void {
  if ("state" in parser && typeof parser.state === "object" && parser.state !== null && "quoting" in parser.state)
    parser.state.quoting = false;
}

function hasHeader(head: Buffer): boolean {
  return head.length >= maximumHeaderPeek || headerLine(head) !== undefined;
}

function detectDelimiter(head: Buffer): string {
  const header = (headerLine(head) ?? head.toString()).replaceAll(/"[^"]*"/g, "");
  const counts = delimiters.map((delimiter) => header.split(delimiter).length);
  return delimiters[counts.indexOf(Math.max(...counts))] ?? ",";
}

function headerLine(head: Buffer): string | undefined {
  return /^[\r\n]*((?:[^"\r\n]|"[^"]*")+)[\r\n]/.exec(head.toString())?.[1];
}
