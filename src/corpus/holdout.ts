import type { Plays } from '../word2vec/kernel/layout.ts';
import type { Case } from '../word2vec/validation.ts';
import { integerBelow, type Random } from './random.ts';

export interface HoldOut {
  /** What is left to train on. The counts stay those of all plays: rows are in their order. */
  readonly plays: Plays;
  readonly cases: readonly Case[];
}

/** Of a playlist this share of the plays, at least one, is held out: its end. */
const heldShare = 0.2;
const shortest = 4;
/** Of the playlists that are long enough this share, and never more than so many. */
const playlistShare = 0.1;
const mostPlaylists = 500;

/**
 * Holds the ends of some playlists out of training. Which playlists these are is drawn; one whose end has no song that
 * is not in the rest of it is passed over.
 */
export function holdOut(plays: Plays, random: Random): HoldOut {
  const { tokens, offsets, counts } = plays;
  const candidates = longPlaylists(offsets);
  const wanted = Math.min(mostPlaylists, Math.floor(candidates.length * playlistShare));
  const cases: Case[] = [];
  const ends = new Map<number, number>();
  for (let at = 0; at < candidates.length && cases.length < wanted; at++) {
    const playlist = draw(candidates, at, random);
    const songs = tokens.subarray(offsets[playlist], offsets[playlist + 1]);
    const kept = songs.length - Math.max(1, Math.floor(songs.length * heldShare));
    const query = new Set(songs.subarray(0, kept));
    const truth = new Set(songs.subarray(kept)).difference(query);
    if (truth.size === 0) continue;
    cases.push({ query: Uint32Array.from(query), truth: Uint32Array.from(truth) });
    ends.set(playlist, (offsets[playlist] as number) + kept);
  }
  return { plays: { ...withoutEnds(plays, ends), counts }, cases };
}

function longPlaylists(offsets: Uint32Array): Uint32Array {
  const long = new Uint32Array(offsets.length - 1);
  let found = 0;
  for (let playlist = 0; playlist < long.length; playlist++)
    if ((offsets[playlist + 1] as number) - (offsets[playlist] as number) >= shortest) long[found++] = playlist;
  return long.subarray(0, found);
}

/** Puts one of the items from `at` on into its place, all equally likely, and returns it. */
function draw(items: Uint32Array, at: number, random: Random): number {
  const other = at + integerBelow(items.length - at, random);
  const drawn = items[other] as number;
  items[other] = items[at] as number;
  items[at] = drawn;
  return drawn;
}

function withoutEnds({ tokens, offsets }: Plays, ends: ReadonlyMap<number, number>): { tokens: Uint32Array; offsets: Uint32Array } {
  const left = new Uint32Array(tokens.length);
  const starts = offsets.slice();
  let copied = 0;
  let removed = 0;
  for (let playlist = 0; playlist < starts.length; playlist++) {
    starts[playlist] = (offsets[playlist] as number) - removed;
    const end = ends.get(playlist);
    if (end === undefined) continue;
    left.set(tokens.subarray(copied, end), copied - removed);
    copied = offsets[playlist + 1] as number;
    removed += copied - end;
  }
  left.set(tokens.subarray(copied), copied - removed);
  return { tokens: left.subarray(0, tokens.length - removed), offsets: starts };
}
