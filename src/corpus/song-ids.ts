export type SongIds = "numbers" | "text";

const missing = new Set(["", "?", "nan", "NaN"]);
const wholeNumber = /^(-?)0*(0|[1-9][0-9]*)(?:\.0+)?$/;

/**
 * The song id that a cell stands for, or undefined where the song is missing (`?`, empty, `nan`, `NaN`).
 *
 * As numbers, `0012345` and `12345.0` are the song `12345`, to any number of digits, and anything else is an id as it
 * stands, trimmed. As text, every id is as it stands.
 */
export function readSongId(cell: string, songIds: SongIds): string | undefined {
  const trimmed = cell.trim();
  if (missing.has(trimmed)) return undefined;
  if (songIds === "text") return cell;
  const [, sign, digits] = wholeNumber.exec(trimmed) ?? [];
  if (sign === undefined || digits === undefined) return trimmed;
  return digits === "0" ? "0" : sign + digits;
}
