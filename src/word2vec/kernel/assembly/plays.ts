import { next } from './random';

// The plays, as the host laid them out (../layout.ts); byte addresses in the shared memory.
export let tokens: usize = 0;
export let offsets: usize = 0;
export let order: usize = 0;
/** 0 where nothing is subsampled. */
export let keep: usize = 0;

/** The songs of the playlist being trained, rows of the matrices [length], in this worker's scratch. */
export let kept: usize = 0;

export function reservePlays(at: usize, longest: usize): usize {
  kept = at;
  return at + (longest << 2);
}

/** Copies the songs of a playlist that subsampling keeps; returns how many they are. */
export function takePlaylist(index: u32): i32 {
  const playlist = load<u32>(order + (<usize>index << 2));
  const end = load<u32>(offsets + (<usize>playlist << 2), 4);
  let length: usize = 0;
  for (let i = load<u32>(offsets + (<usize>playlist << 2)); i < end; i++) {
    const song = load<u32>(tokens + (<usize>i << 2));
    if (keep != 0 && load<u32>(keep + (<usize>song << 2)) < next()) continue;
    store<u32>(kept + (length << 2), song);
    length++;
  }
  return <i32>length;
}

// @ts-ignore: decorator
@inline
export function songAt(position: i32): usize {
  return <usize>load<u32>(kept + (<usize>position << 2));
}
