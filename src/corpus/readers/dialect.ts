import { cleanName } from "./header.ts";

/** Options of csv-parse. */
interface Dialect {
  readonly delimiter: string;
  /** null: quotes are text. */
  readonly quote: string | null;
  readonly relax_quotes: boolean;
  readonly from_line: number;
}

interface DetectedDialect extends Dialect {
  /** Whether all names of the first line are quoted, as R does it. */
  readonly hasQuotedNames: boolean;
}

/* oxlint-disable no-control-regex -- the delimiter of Hive */
const delimiters = [",", ";", "\t", "|", "\u0001"]; // the last one: Hive
/** The first line of a spreadsheet's CSV that names the delimiter. */
const separatorLine = /^"?sep=(.)"?[^\S\n\r]*(?:\r\n|\n|\r)/i;

/**
 * Detects how a file is written from its first line. Files separated by tabs or by the character of Hive have no quotes,
 * unless the first line has quoted cells.
 *
 * @param columns names that the first line should have
 */
export function detectDialect(head: string, columns: readonly string[]): DetectedDialect {
  const separator = separatorLine.exec(head);
  const first = firstLine(separator ? head.slice(separator[0].length) : head);
  const delimiter = separator?.[1] ?? detectDelimiter(first, columns);
  const isQuoted = !/[\t\u0001]/.test(delimiter) || /(?:^|[\t\u0001])"[^\t\u0001]*"(?:[\t\u0001]|$)/.test(first);
  return {
    hasQuotedNames: /^".*"$/.test(first.trim()),
    delimiter,
    quote: isQuoted ? '"' : null,
    relax_quotes: isQuoted && head.includes('="'), // spreadsheet formulas, as in ="103"
    from_line: separator ? 2 : 1,
  };
}

/** The delimiter whose cells have the most of the names, then the most frequent one outside of quotes. */
function detectDelimiter(line: string, columns: readonly string[]): string {
  const wanted = new Set(columns.map(cleanName));
  const unquoted = line.replaceAll(/"[^"]*"/g, (cell) => (/[,;\t|\u0001]/.test(cell) ? "" : cell.slice(1, -1)));
  const ratings = delimiters.map((delimiter) => {
    const cells = unquoted.split(delimiter);
    return cells.length + 1e6 * cells.filter((cell) => wanted.has(cleanName(cell))).length;
  });
  return delimiters[ratings.indexOf(Math.max(...ratings))] ?? ",";
}

/** The first line with content, with line breaks inside of quotes. */
function firstLine(head: string): string {
  return /^(?:[-+=:|,;\t\u0001 ]*[\r\n])*((?:[^"\r\n]|"[^"]*")+)[\r\n]/.exec(head)?.[1] ?? head;
}
