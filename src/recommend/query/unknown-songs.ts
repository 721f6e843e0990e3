import { createError } from "../../errors.ts";
import type { UnknownByField } from "./recommendation-query.ts";
import type { SongLookup } from "./song-resolver.ts";

type Lookups = Partial<Record<keyof UnknownByField, SongLookup>>;

/** Lists the unknown songs of each field that has any. */
export function unknownOf(lookups: Lookups): { unknown?: UnknownByField } {
  const unknown = Object.entries(lookups)
    .map(([field, { unknownSongs }]) => [field, unknownSongs] as const)
    .filter(([, songIds]) => songIds.length > 0);
  return unknown.length === 0 ? {} : { unknown: Object.fromEntries(unknown) };
}

/** @throws UNKNOWN_SONGS */
export function assertKnown(unknownSongs: readonly string[], lookups: Lookups): void {
  const { unknown = {} } = unknownOf(lookups);
  if (unknownSongs.length > 0 || Object.keys(unknown).length > 0)
    throw createError("UNKNOWN_SONGS", { songIds: unknownSongs, unknown });
}
