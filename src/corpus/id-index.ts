import { normalizeSongId, type SongIds } from "./song-ids.ts";

/**
 * Indexes the songs of one model version, to find those of another version. An equal id is found first. Unless both
 * versions take ids literally, ids are then compared by their normal form.
 *
 * @param ids by row
 * @param kinds `songIds` of both versions
 */
export function createIdIndex(ids: Iterable<string>, kinds: readonly SongIds[]): (id: string) => number | undefined {
  const rows = new Map<string, number>();
  for (const id of ids) rows.set(id, rows.size);
  if (kinds.every((kind) => kind === "text")) return (id) => rows.get(id);
  const byNormalForm = new Map<string, number>();
  for (const [id, row] of rows) {
    const normalized = normalizeSongId(id, "numbers");
    if (normalized !== id && !byNormalForm.has(normalized)) byNormalForm.set(normalized, row);
  }
  return (id) => {
    const normalized = normalizeSongId(id, "numbers");
    return rows.get(id) ?? rows.get(normalized) ?? byNormalForm.get(normalized);
  };
}
