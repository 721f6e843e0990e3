/** Largest number of songs that a request may have. */
const mostSongs = 10_000;

/**
 * Reads song ids from pasted text or a file: lines, CSV with a column of ids, M3U, or a JSON array.
 * Of several columns, it is the one whose name says so, else the last.
 */
export function readIds(text: string): string[] {
  const content = text.replace(/^\uFEFF/, "").trim();
  return (content.startsWith("[") ? readJson(content) : readLines(content)).slice(0, mostSongs);
}

function readJson(content: string): string[] {
  try {
    const list: unknown = JSON.parse(content);
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return [];
  }
}

function readLines(content: string): string[] {
  const lines = content.split(/\r?\n/).filter((line) => line.trim() !== "" && !line.startsWith("#"));
  const delimiter = [";", "\t", ","].find((each) => lines[0]?.includes(each));
  const rows = lines.map((line) =>
    (delimiter === undefined ? [line] : line.split(delimiter)).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")),
  );
  const named = rows[0]?.findIndex((cell) => /^(song|track|master|item)|song_?id|master_number|^id$/i.test(cell)) ?? -1;
  const isHeader = named >= 0;
  return (isHeader ? rows.slice(1) : rows)
    .map((row) => (isHeader ? row[named] : row.at(-1)) ?? "")
    .filter((id) => id !== "" && id !== "?");
}
