import type { Plays } from "../word2vec/kernel/layout.ts";
import type { Case } from "../word2vec/validation.ts";

export interface HoldOut {
  /** What is left to train on. The counts stay those of all plays: rows are in their order. */
  readonly plays: Plays;
  readonly cases: readonly Case[];
  /** How many plays are held out at the end of each playlist [playlists] */
  readonly held: Uint32Array;
  /** These plays, playlist after playlist. */
  readonly heldOutTokens: Uint32Array;
}

/** Of a playlist this share of the plays, at least one, is held out: its end. */
const heldShare = 0.2;
const shortest = 4;
/** Of the playlists that are long enough, never more than this share. */
const playlistShare = 0.2;

/**
 * Holds the ends of some playlists out of training: of those with the smallest keys, after these were mixed. So it is
 * the same playlists in each training, however many others come and go, and what is held out of one that grows was never
 * trained before. One whose end has no song that is not in the rest of it is passed over.
 *
 * @param keys of the playlists [playlists]
 * @param most playlists
 */
export function holdOut(plays: Plays, keys: Uint32Array, most: number): HoldOut {
  const { tokens, offsets, counts } = plays;
  const candidates = longPlaylists(offsets);
  const mixed = keys.map(mix);
  candidates.sort((a, b) => (mixed[a] as number) - (mixed[b] as number) || a - b);
  const wanted = Math.min(most, Math.floor(candidates.length * playlistShare));
  const held = new Uint32Array(offsets.length - 1);
  const cases: { readonly playlist: number; readonly case: Case }[] = [];
  for (const playlist of candidates) {
    if (cases.length === wanted) break;
    const songs = tokens.subarray(offsets[playlist], offsets[playlist + 1]);
    const end = Math.max(1, Math.floor(songs.length * heldShare));
    const found = splitPlaylist(songs, songs.length - end);
    if (found.truth.length === 0) continue;
    held[playlist] = end;
    cases.push({ playlist, case: found });
  }
  cases.sort((a, b) => a.playlist - b.playlist);
  const { left, ends } = withoutEnds(plays, held);
  return { plays: { ...left, counts }, cases: cases.map((item) => item.case), held, heldOutTokens };
}

/** What is known and what is to be found where a playlist is cut in two; the query's songs in the order of their last plays. */
export function splitPlaylist(songs: Uint32Array, kept: number): Case {
  const known = songs.subarray(0, kept);
  const query = Uint32Array.from(new Set(known.toReversed())).reverse();
  return { query, truth: Uint32Array.from(new Set(songs.subarray(kept)).difference(new Set(known))) };
}

/** The playlists as they were. */
export function restoreHeldOut(
  { tokens, offsets }: Pick<Plays, "tokens" | "offsets">,
  { held, heldOutTokens }: Pick<HoldOut, "held" | "ends">,
): { tokens: Uint32Array; offsets: Uint32Array } {
  const all = new Uint32Array(tokens.length + heldOutTokens.length);
  const starts = new Uint32Array(offsets.length);
  let at = 0;
  let taken = 0;
  for (let playlist = 0; playlist < held.length; playlist++) {
    const songs = tokens.subarray(offsets[playlist], offsets[playlist + 1]);
    const end = heldOutTokens.subarray(taken, (taken += held[playlist] as number));
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
    if ((offsets[playlist + 1] as number) - (offsets[playlist] as number) >= shortest) long[found++] = playlist;
  return long.subarray(0, found);
}

/** The finaliser of MurmurHash3 (Appleby): what ids have in common is lost, and crc32 keeps much of it. */
function mix(key: number): number {
  const once = Math.imul(key ^ (key >>> 16), 0x85ebca6b);
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35);
  return (twice ^ (twice >>> 16)) >>> 0;
}

function withoutEnds(
  { tokens, offsets }: Plays,
  held: Uint32Array,
): { left: { tokens: Uint32Array; offsets: Uint32Array }; ends: Uint32Array } {
  const heldPlays = held.reduce((sum, plays) => sum + plays, 0);
  const left = new Uint32Array(tokens.length - heldPlays);
  const ends = new Uint32Array(heldPlays);
  const starts = new Uint32Array(offsets.length);
  let at = 0;
  let taken = 0;
  for (let playlist = 0; playlist < held.length; playlist++) {
    const end = (offsets[playlist + 1] as number) - (held[playlist] as number);
    left.set(tokens.subarray(offsets[playlist], end), at);
    ends.set(tokens.subarray(end, offsets[playlist + 1]), taken);
    at += end - (offsets[playlist] as number);
    taken += held[playlist] as number;
    starts[playlist + 1] = at;
  }
  return { left: { tokens: left, offsets: starts }, ends };
}
