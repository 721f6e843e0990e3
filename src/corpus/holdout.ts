import type { Plays } from "../word2vec/kernel/layout.ts";
import type { HeldOutCase } from "../word2vec/validation.ts";

export interface HoldOut {
  /** The plays to train on. Counts are still those of all plays, because they determine the order of the rows. */
  readonly plays: Plays;
  readonly cases: readonly HeldOutCase[];
  /** Plays of the playlists that are held out as a whole */
  readonly wholePlays: number;
  /** [playlists] Number of plays held out at the end of each playlist */
  readonly held: Uint32Array;
  /** The rows of the plays held out, playlist after playlist */
  readonly heldOutTokens: Uint32Array;
}

/** Share of the plays that is held out at the end of a playlist, at least one play. */
const heldShare = 0.2;
/** Shorter playlists are no cases. */
const minSongs = 4;
/** Largest share of the playlists whose ends are held out, and of those held out as a whole. */
const playlistShare = { ends: 0.2, whole: 0.02 };

/**
 * Holds out the ends of some playlists, those with the smallest hashed keys, and others as a whole, those with the
 * largest ones. The choice of a playlist does not depend on other playlists, so each training holds out the same ones.
 * A playlist of at least four songs is a case if its end has a new song. Playlists that are held out as a whole are for
 * next songs: vectors that were trained on the beginning of a playlist predict its repeats too well.
 *
 * @param keys [playlists]
 * @param limit largest number of cases, and twice that of the playlists that are held out as a whole
 */
export function holdOut(plays: Plays, keys: Uint32Array, limit: number): HoldOut {
  const { tokens, offsets, counts } = plays;
  const candidates = longPlaylists(offsets);
  const hashes = keys.map(mixBits);
  candidates.sort((a, b) => (hashes[a] as number) - (hashes[b] as number) || a - b);
  const whole = Math.min(limit >> 1, Math.floor(candidates.length * playlistShare.whole));
  const held = new Uint32Array(offsets.length - 1);
  let wholePlays = 0;
  for (const playlist of candidates.subarray(candidates.length - whole))
    wholePlays += held[playlist] = playsOf(playlist).length;
  const cases: { readonly playlist: number; readonly case: HeldOutCase }[] = [];
  for (const playlist of candidates.subarray(0, Math.floor(candidates.length * playlistShare.ends))) {
    if (cases.length === limit) break;
    const songs = playsOf(playlist);
    const end = Math.max(1, Math.floor(songs.length * heldShare));
    const split = splitPlaylist(songs, songs.length - end);
    held[playlist] = end;
    if (isCase(songs.length - end, split, end)) cases.push({ playlist, case: split });
  }
  cases.sort((a, b) => a.playlist - b.playlist);
  const { left, heldOutTokens } = removeEnds(plays, held);
  return { plays: { ...left, counts }, cases: cases.map((item) => item.case), wholePlays, held, heldOutTokens };

  function playsOf(playlist: number): Uint32Array {
    return tokens.subarray(offsets[playlist], offsets[playlist + 1]);
  }
}

/** Whether a playlist with a held-out end is a case. @param kept number of songs before the end */
export function isCase(kept: number, { truth }: HeldOutCase, end: number): boolean {
  return kept > 0 && kept + end >= minSongs && truth.length > 0;
}

/**
 * Splits a playlist into a query and the songs to predict.
 *
 * @param kept number of songs in the query
 * @returns the query's songs in the order of their last plays, and the songs of the rest that are not in the query
 */
export function splitPlaylist(songs: Uint32Array, kept: number): HeldOutCase {
  const known = songs.subarray(0, kept);
  const query = Uint32Array.from(new Set(known.toReversed())).reverse();
  return { query, truth: Uint32Array.from(new Set(songs.subarray(kept)).difference(new Set(known))) };
}

/** Appends the held-out plays to their playlists again. */
export function restoreHeldOut(
  { tokens, offsets }: Pick<Plays, "tokens" | "offsets">,
  { held, heldOutTokens }: Pick<HoldOut, "held" | "heldOutTokens">,
): { tokens: Uint32Array; offsets: Uint32Array } {
  const all = new Uint32Array(tokens.length + heldOutTokens.length);
  const starts = new Uint32Array(offsets.length);
  let at = 0;
  let heldAt = 0;
  for (let playlist = 0; playlist < held.length; playlist++) {
    const songs = tokens.subarray(offsets[playlist], offsets[playlist + 1]);
    const end = heldOutTokens.subarray(heldAt, (heldAt += held[playlist] as number));
    all.set(songs, at);
    all.set(end, at + songs.length);
    at += songs.length + end.length;
    starts[playlist + 1] = at;
  }
  return { tokens: all, offsets: starts };
}

function longPlaylists(offsets: Uint32Array): Uint32Array {
  const long = new Uint32Array(offsets.length - 1);
  let found = 0;
  for (let playlist = 0; playlist < long.length; playlist++)
    if ((offsets[playlist + 1] as number) - (offsets[playlist] as number) > 1) long[found++] = playlist;
  return long.subarray(0, found);
}

/** The finaliser of MurmurHash3 (Appleby). The crc32 of similar ids is similar; the hash is not. */
function mixBits(key: number): number {
  const once = Math.imul(key ^ (key >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}

/** Removes the held-out plays from the ends of their playlists. */
export function removeEnds(
  { tokens, offsets }: Pick<Plays, "tokens" | "offsets">,
  held: Uint32Array,
): { left: { tokens: Uint32Array; offsets: Uint32Array }; heldOutTokens: Uint32Array } {
  const heldPlays = held.reduce((sum, plays) => sum + plays, 0);
  const left = new Uint32Array(tokens.length - heldPlays);
  const heldOutTokens = new Uint32Array(heldPlays);
  const starts = new Uint32Array(offsets.length);
  let at = 0;
  let heldAt = 0;
  for (let playlist = 0; playlist < held.length; playlist++) {
    const end = (offsets[playlist + 1] as number) - (held[playlist] as number);
    left.set(tokens.subarray(offsets[playlist], end), at);
    heldOutTokens.set(tokens.subarray(end, offsets[playlist + 1]), heldAt);
    at += end - (offsets[playlist] as number);
    heldAt += held[playlist] as number;
    starts[playlist + 1] = at;
  }
  return { left: { tokens: left, offsets: starts }, heldOutTokens };
}
