/** Largest number of songs that a request may have. */
const mostSongs = 10_000;
const delimiters = [";", "\t", ","];
const idColumn = /^(id|(song|track|master|item)s?([ _-]?(id|number|no))?)$/i;
const nameColumn = /^((song|track)[ _-]?)?(title|name)$|^artists?([ _-]?name)?$/i;

/** A song of a list that a user pasted or opened. */
export interface Entry {
  /** Its id, if it has one; else the text of its line */
  readonly id: string;
  /** What the list calls it: title and artist, or the id */
  readonly name: string;
}

/**
 * Reads songs from pasted text or a file: lines, numbers in one line, CSV, M3U, or a JSON array.
 * Of several columns, the id is in the one whose name says so, else in the last.
 */
export async function readSongs(text: string): Promise<Entry[]> {
  const content = text.replace(/^\uFEFF/, "").replace(/^\s+|[\r\n ]+$/g, "");
  const entries = readJson(content) ?? readM3u(content) ?? readNumbers(content) ?? (await readTable(content));
  return (entries ?? readLines(content)).filter(({ id }) => id !== "" && id !== "?").slice(0, mostSongs);
}

function readJson(content: string): Entry[] | undefined {
  if (!content.startsWith("[")) return undefined;
  try {
    return (JSON.parse(content) as unknown[]).map(String).map(unnamed);
  } catch {
    return undefined;
  }
}

function readM3u(content: string): Entry[] | undefined {
  if (!content.startsWith("#EXTM3U")) return undefined;
  const entries: Entry[] = [];
  let name: string | undefined;
  for (const line of content.split(/\r?\n/).map((each) => each.trim())) {
    const [, info] = /^#EXTINF:[^,]*,(.*)$/.exec(line) ?? [];
    if (info !== undefined) name = info.trim();
    if (line === "" || line.startsWith("#")) continue;
    entries.push({ id: line, name: name ?? line });
    name = undefined;
  }
  return entries;
}

function readNumbers(content: string): Entry[] | undefined {
  if (!/^\d[\d,; ]*$/.test(content)) return undefined;
  return content.split(/[,; ]+/).map(unnamed);
}

/** Rows of several columns, with a header that names the ids or titles, or all of the same length. */
async function readTable(content: string): Promise<Entry[] | undefined> {
  const [firstLine = "", secondLine] = content.split(/\r?\n/, 2);
  if (secondLine === undefined) return undefined;
  for (const delimiter of delimiters.filter((each) => firstLine.includes(each))) {
    const [header = [], ...rows] = await cellsOf(content, delimiter);
    const id = header.findIndex((cell) => idColumn.test(cell));
    const names = header.flatMap((cell, i) => (nameColumn.test(cell) ? [i] : []));
    if (id >= 0 || names.length > 0)
      return rows.map((row) => {
        const name = names.map((i) => row[i] ?? "").join(" ");
        return { id: id < 0 ? name : (row[id] ?? ""), name: name.trim() === "" ? (row[id] ?? "") : name };
      });
    if (rows.length > 0 && rows.every(({ length }) => length === header.length)) return [header, ...rows].map(unheaded);
  }
  return undefined;
}

/** The last cell is the id, unless several cells have words: then they are title and artist. */
function unheaded(row: string[]): Entry {
  const isNamed = row.filter((cell) => /\p{L}/u.test(cell)).length > 1;
  return unnamed(isNamed ? row.join(" - ") : (row.at(-1) ?? ""));
}

async function cellsOf(content: string, delimiter: string): Promise<string[][]> {
  const { parse } = await import("csv-parse/browser/esm/sync");
  const options = { delimiter, trim: true, skip_empty_lines: true, relax_quotes: true, relax_column_count: true };
  try {
    return parse(content, options);
  } catch {
    return []; // a quote that does not end: these are lines of text
  }
}

function readLines(content: string): Entry[] {
  const lines = content.split(/\r?\n/).map((line) => line.trim());
  const isHeader = lines.length > 1 && idColumn.test(lines[0] ?? "");
  return (isHeader ? lines.slice(1) : lines).filter((line) => !/^#(EXT|\s)/.test(line)).map(unnamed);
}

function unnamed(text: string): Entry {
  return { id: text, name: text };
}
