export type SongIds = "numbers" | "text";

const missing = new Set(["", "?", "nan", "NaN"]);
const wholeNumber = /^(-?)0*(0|[1-9][0-9]*)(?:\.0+)?$/;

/**
 * Normalises the song id of a cell.
 *
 * @param songIds `numbers`: `0012345` and `12345.0` are the song `12345`, with any number of digits, and other ids are
 *   trimmed; `text`: ids are taken literally
 * @returns undefined if the song is missing (`?`, empty, `nan`, `NaN`)
 */
export function readSongId(cell: string, songIds: SongIds): string | undefined {
  const trimmed = cell.trim();
  if (missing.has(trimmed)) return undefined;
  if (songIds === "text") return cell;
  const [, sign, digits] = wholeNumber.exec(trimmed) ?? [];
  if (sign === undefined || digits === undefined) return trimmed;
  return digits === "0" ? "0" : sign + digits;
}
