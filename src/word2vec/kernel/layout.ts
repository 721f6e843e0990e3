import { createError } from '../../errors.ts';
import type { Hyperparameters } from '../hyperparameters.ts';

/** What is trained on: playlists one after another, songs as rows. */
export interface Plays {
  /** Row of each play [plays]. */
  readonly tokens: Uint32Array;
  /** Start of each playlist in tokens, and the end [playlists + 1]. */
  readonly offsets: Uint32Array;
  /** Plays of each song [V]. */
  readonly counts: Uint32Array;
}

/** Byte addresses in the shared memory of one training, and its shapes. Plain data: it is sent to the workers. */
export interface Layout {
  readonly songs: number;
  readonly plays: number;
  readonly playlists: number;
  readonly longestPlaylist: number;
  /** Floats from row to row of the matrices: vectorSize rounded up to 16, so that rows start on cache lines. */
  readonly stride: number;
  readonly control: number;
  readonly tokens: number;
  readonly offsets: number;
  readonly order: number;
  readonly aliases: number;
  /** 0 where nothing is subsampled. */
  readonly keep: number;
  readonly input: number;
  readonly output: number;
  readonly scratch: number;
  readonly scratchBytes: number;
  readonly bytes: number;
}

/** Slots of the control block, an Int32Array shared by all threads of a training and used with Atomics only. */
export const control = { cursor: 0, songsDone: 1, cancelled: 2, slots: 16 } as const;

const page = 65_536;
const maximumBytes = 2 ** 32 - page;

/**
 * Divides the shared memory. The first page is left to the kernel's own static data.
 *
 *     control | tokens offsets order | aliases keep | input [V, stride] | output [V, stride] | scratch × workers
 *
 * @throws TRAINING_TOO_LARGE where it does not fit into the 4 GiB that WebAssembly can address
 */
export function planMemory(plays: Plays, hyperparameters: Hyperparameters): Layout {
  const songs = plays.counts.length;
  const playlists = plays.offsets.length - 1;
  const stride = Math.ceil(hyperparameters.vectorSize / 16) * 16;
  const longestPlaylist = longest(plays.offsets);
  const scratchBytes = scratchSize(hyperparameters, stride, longestPlaylist);
  let at = page;
  const take = (bytes: number) => {
    const start = at;
    at += Math.ceil(bytes / 64) * 64;
    return start;
  };
  const layout = {
    songs,
    plays: plays.tokens.length,
    playlists,
    longestPlaylist,
    stride,
    control: take(control.slots * 4),
    tokens: take(plays.tokens.length * 4),
    offsets: take((playlists + 1) * 4),
    order: take(playlists * 4),
    aliases: take(songs * 8),
    keep: hyperparameters.sample > 0 ? take(songs * 4) : 0,
    input: take(songs * stride * 4),
    output: take(songs * stride * 4),
    scratch: take(scratchBytes * hyperparameters.workers),
    scratchBytes,
  };
  if (at > maximumBytes)
    throw createError('TRAINING_TOO_LARGE', { needed: at, limit: maximumBytes, songs, vectorSize: hyperparameters.vectorSize });
  return { ...layout, bytes: Math.ceil(at / page) * page };
}

/** One memory for all threads; its size is fixed, since a shared memory cannot move. */
export function allocate(layout: Layout): WebAssembly.Memory {
  const pages = layout.bytes / page;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

export function words(memory: WebAssembly.Memory, address: number, length: number): Uint32Array {
  return new Uint32Array(memory.buffer, address, length);
}

export function floats(memory: WebAssembly.Memory, address: number, length: number): Float32Array {
  return new Float32Array(memory.buffer, address, length);
}

export function controlBlock(memory: WebAssembly.Memory, layout: Layout): Int32Array {
  return new Int32Array(memory.buffer, layout.control, control.slots);
}

function longest(offsets: Uint32Array): number {
  let most = 0;
  for (let i = 1; i < offsets.length; i++) most = Math.max(most, (offsets[i] as number) - (offsets[i - 1] as number));
  return most;
}

/** As the kernel's `scratch` divides it: rows of a segment of 32 centres twice, one window, and small tables. */
function scratchSize({ window, negative }: Hyperparameters, stride: number, longestPlaylist: number): number {
  const positions = 32 + 2 * window;
  const width = 2 * window;
  const matrices = (2 * positions + width) * stride * 4;
  const weights = width * (negative + 8) * 4 + (negative + 1) * (width + 4) * 4;
  const tables = (longestPlaylist + 2 * positions + 2 * width + negative + 1) * 4;
  return Math.ceil((matrices + weights + tables + 128) / 64) * 64;
}
