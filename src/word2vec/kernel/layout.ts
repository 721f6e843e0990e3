import type { Huffman } from "../huffman.ts";
import type { Hyperparameters } from "../hyperparameters.ts";
import { rankingBytes } from "./ranking-scratch.ts";
import { longestPath, positions, segment, stepShape } from "./step-shape.ts";

/** Training data: concatenated playlists of rows. */
export interface Plays {
  /** Row of each play [plays]. */
  readonly tokens: Uint32Array;
  /** Start of each playlist in `tokens`, and the end [playlists + 1]. */
  readonly offsets: Uint32Array;
  /** Plays of each song [V]. */
  readonly counts: Uint32Array;
}

/** Byte addresses in the shared memory of a training, and its shapes. Plain data, because it is sent to the workers. */
export interface Layout {
  readonly songs: number;
  readonly plays: number;
  readonly playlists: number;
  readonly longestPlaylist: number;
  /** Floats per row of the matrices: vectorSize rounded up to 16, so that rows start on cache lines. */
  readonly stride: number;
  readonly control: number;
  readonly tokens: number;
  readonly offsets: number;
  readonly order: number;
  readonly aliases: number;
  /** 0 without subsampling. */
  readonly keep: number;
  /** Paths of the Huffman tree; 0 without hierarchical softmax. */
  readonly paths: number;
  readonly nodes: number;
  readonly input: number;
  readonly output: number;
  readonly scratch: number;
  readonly scratchBytes: number;
  /** Maximum number of held-out cases that a worker ranks, and its scratch for that. */
  readonly casesPerWorker: number;
  readonly ranking: number;
  readonly rankingBytes: number;
  readonly bytes: number;
}

/** Slots of the control block, an Int32Array shared by all threads of a training and used with Atomics only. */
export const control = { cursor: 0, songsDone: 1, cancelled: 2, slots: 16 } as const;

const page = 65_536;
/** Bytes that WebAssembly can address. */
export const addressable = 2 ** 32 - page;

/** What the memory of a training depends on, besides its hyperparameters. */
export interface Shape {
  readonly songs: number;
  readonly plays: number;
  readonly playlists: number;
  readonly longestPlaylist: number;
  /** Total length of all paths of the Huffman tree; 0 without hierarchical softmax. */
  readonly pathNodes: number;
  /** Held-out cases that are ranked after each epoch. */
  readonly cases: number;
  /** Plays of each song [V], descending; to suggest a minCount that would fit. */
  readonly counts: Uint32Array;
}

export function shapeOf(plays: Plays, huffman?: Huffman, cases = 0): Shape {
  return {
    songs: plays.counts.length,
    plays: plays.tokens.length,
    playlists: plays.offsets.length - 1,
    longestPlaylist: longest(plays.offsets),
    pathNodes: huffman?.nodes.length ?? 0,
    cases,
    counts: plays.counts,
  };
}

/**
 * Divides the shared memory. The first page is reserved for static data of the kernel.
 *
 *     control | tokens offsets order | aliases keep paths nodes
 *     | input [V, stride] | output [V, stride] | scratch × workers | ranking × workers
 */
export function layOut(shape: Shape, hyperparameters: Hyperparameters): Layout {
  const { songs, plays, playlists, longestPlaylist, pathNodes, cases } = shape;
  const { vectorSize, workers, hs, sample } = hyperparameters;
  const stride = Math.ceil(vectorSize / 16) * 16;
  const scratchBytes = scratchSize(hyperparameters, stride, longestPlaylist);
  const casesPerWorker = Math.ceil(cases / workers);
  const ranking = rankingBytes(casesPerWorker, stride);
  let at = page;
  const take = (bytes: number) => {
    const start = at;
    at += Math.ceil(bytes / 64) * 64;
    return start;
  };
  const layout = {
    songs,
    plays,
    playlists,
    longestPlaylist,
    stride,
    control: take(control.slots * 4),
    tokens: take(plays * 4),
    offsets: take((playlists + 1) * 4),
    order: take(playlists * 4),
    aliases: hs ? 0 : take(songs * 8),
    keep: sample > 0 ? take(songs * 4) : 0,
    paths: hs ? take((songs + 1) * 4) : 0,
    nodes: hs ? take(pathNodes * 4) : 0,
    input: take(songs * stride * 4),
    output: take(songs * stride * 4),
    scratch: take(scratchBytes * workers),
    scratchBytes,
    casesPerWorker,
    ranking: take(ranking * workers),
    rankingBytes: ranking,
  };
  return { ...layout, bytes: Math.ceil(at / page) * page };
}

/** Allocates one memory for all threads. Its size is fixed, because a shared memory cannot move. */
export function allocate(layout: Layout): WebAssembly.Memory {
  const pages = layout.bytes / page;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

export function uint32View(memory: WebAssembly.Memory, address: number, length: number): Uint32Array {
  return new Uint32Array(memory.buffer, address, length);
}

export function float32View(memory: WebAssembly.Memory, address: number, length: number): Float32Array {
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

/** Upper bound of what `reserve` of assembly/kernel.ts uses; `createKernel` checks it. */
function scratchSize(hyperparameters: Hyperparameters, stride: number, longestPlaylist: number): number {
  const { block, negatives, pool } = stepShape(hyperparameters);
  const row = stride * 4;
  const outputs = Math.max(block + negatives, longestPath);
  const rows = hyperparameters.sg ? 3 * positions : 2 * block + 1;
  const tables = 9 * positions + 2 * outputs + 4 + segment + pool + longestPlaylist;
  const matrices = 3 * positions * (outputs + 7) + outputs * positions + 72 + 2 * positions + 2 * outputs + 12;
  return Math.ceil((rows * row + (tables + matrices) * 4) / 64) * 64;
}
