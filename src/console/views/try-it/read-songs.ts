/** Largest number of songs that a request may have. */
const mostSongs = 10_000;

/** A song of a list that a user pasted or opened. */
export interface Entry {
  /** Its id, if it has one; else the text of its line */
  readonly id: string;
  /** What the list calls it: title and artist, or the id */
  readonly name: string;
}

/**
 * Reads songs from pasted text or a file: lines, numbers in one line, CSV with a column of ids, M3U, or a JSON array.
 * Of several columns, it is the one whose name says so, else the last.
 */
export function readSongs(text: string): Entry[] {
  const content = text.replace(/^\uFEFF/, "").trim();
  const read = content.startsWith("[") ? readJson : content.startsWith("#EXTM3U") ? readM3u : readLines;
  return read(content)
    .filter(({ id }) => id !== "" && id !== "?")
    .slice(0, mostSongs);
}

function readJson(content: string): Entry[] {
  try {
    const list: unknown = JSON.parse(content);
    return Array.isArray(list) ? list.map(String).map(unnamed) : [];
  } catch {
    return [];
  }
}

function readM3u(content: string): Entry[] {
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

function readLines(content: string): Entry[] {
  if (/^[\d\s,;]+$/.test(content) && !content.includes("\n")) return content.split(/[\s,;]+/).map(unnamed);
  const lines = content.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const delimiter = delimiterOf(lines);
  const rows = lines.map((line) => cellsOf(line, delimiter));
  const named = rows[0]?.findIndex((cell) => /^(song|track|master|item)|song_?id|master_number|^id$/i.test(cell)) ?? -1;
  const isHeader = named >= 0 && rows.length > 1;
  return (isHeader ? rows.slice(1) : rows).map((row) => unnamed((isHeader ? row[named] : row.at(-1)) ?? ""));
}

/** A delimiter is in every line equally often; a comma of one title is none. */
function delimiterOf(lines: readonly string[]): string | undefined {
  const count = (line: string, delimiter: string) => cellsOf(line, delimiter).length;
  return [";", "\t", ","].find((delimiter) => {
    const first = count(lines[0] ?? "", delimiter);
    return first > 1 && lines.length > 1 && lines.every((line) => count(line, delimiter) === first);
  });
}

/** Cells of a line, without quotes, inside which a delimiter is text. */
function cellsOf(line: string, delimiter: string | undefined): string[] {
  if (delimiter === undefined) return [line.trim()];
  const cells = line.split(new RegExp(`${delimiter}(?=(?:[^"]*"[^"]*")*[^"]*$)`));
  return cells.map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
}

function unnamed(text: string): Entry {
  return { id: text, name: text };
}
