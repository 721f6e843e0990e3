import { next } from './random';

// The plays: byte addresses in the shared memory, see ../layout.ts.
export let tokens: usize = 0;
export let offsets: usize = 0;
export let order: usize = 0;
/** Subsampling thresholds [V]; 0: no subsampling. */
export let keep: usize = 0;

/** The loaded playlist in the worker's scratch, as rows of the matrices [length]. */
export let songs: usize = 0;

export function reservePlays(at: usize, longest: usize): usize {
  songs = at;
  return at + (longest << 2);
}

/** Loads a playlist without the plays that subsampling drops. @returns its length in songs */
export function loadPlaylist(index: u32): i32 {
  const playlist = load<u32>(order + (<usize>index << 2));
  const end = load<u32>(offsets + (<usize>playlist << 2), 4);
  let length: usize = 0;
  for (let i = load<u32>(offsets + (<usize>playlist << 2)); i < end; i++) {
    const song = load<u32>(tokens + (<usize>i << 2));
    if (keep != 0 && load<u32>(keep + (<usize>song << 2)) < next()) continue;
    store<u32>(songs + (length << 2), song);
    length++;
  }
  return <i32>length;
}

// @ts-ignore: decorator
@inline
export function songAt(position: i32): usize {
  return <usize>load<u32>(songs + (<usize>position << 2));
}
