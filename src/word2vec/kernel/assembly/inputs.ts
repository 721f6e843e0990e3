import { songAt } from './plays';

// Input rows in scratch, for a range of positions of a playlist. Positions with the same song share a slot. A slot has
// three rows: the vector when it was loaded, the current vector, and the next vector. A step writes the next vector
// while its second product still reads the current one; after the step the two swap. At the end of the range the
// difference to the loaded vector is added to the matrix. That preserves the updates of other threads, and threads
// write to the same row once per range instead of once per window.

/** The input matrix. */
export let input: usize = 0;

/**
 * Rows of the current step, as tables of addresses: the inputs, the bases of their updates, and the targets of the
 * sums.
 */
export let inputRows: usize = 0;
export let inputBases: usize = 0;
export let inputTargets: usize = 0;

/** Maximum number of positions in scratch. */
export const POSITIONS: i32 = 64;

let bytes: usize = 0;
let slots: usize = 0;
let matrixRows: usize = 0;
let current: usize = 0;
let next: usize = 0;
let flipped: usize = 0;
let before: usize = 0;
let rows: usize = 0;
let distinct: usize = 0;
let start: i32 = 0;

/** scratchRows: number of slots, POSITIONS or 0. */
export function reserveInputs(at: usize, rowBytes: usize, scratchRows: usize): usize {
  const table = <usize>POSITIONS << 2;
  bytes = rowBytes;
  before = at;
  rows = before + scratchRows * bytes;
  inputRows = rows + scratchRows * 2 * bytes;
  inputBases = inputRows + table;
  inputTargets = inputBases + table;
  slots = inputTargets + table;
  matrixRows = slots + table;
  current = matrixRows + table;
  next = current + table;
  flipped = next + table;
  return flipped + table;
}

/** Loads the rows of the positions [low, high). */
export function loadInputs(low: i32, high: i32): void {
  start = low;
  distinct = 0;
  for (let position = low; position < high; position++) {
    const address = input + songAt(position) * bytes;
    let slot: usize = 0;
    while (slot < distinct && <usize>load<u32>(matrixRows + (slot << 2)) != address) slot++;
    if (slot == distinct) {
      const row = rows + 2 * slot * bytes;
      store<u32>(matrixRows + (slot << 2), <u32>address);
      store<u32>(current + (slot << 2), <u32>row);
      store<u32>(next + (slot << 2), <u32>(row + bytes));
      store<u32>(flipped + (slot << 2), 0);
      copy(row, before + slot * bytes, address);
      distinct++;
    }
    store<u32>(slots + (<usize>(position - low) << 2), <u32>slot);
  }
}

/** Adds the row of a position to the step as its i-th input. Further occurrences of a song accumulate in one target. */
// @ts-ignore: decorator
@inline
export function addInput(position: i32, i: usize): void {
  const slot = <usize>load<u32>(slots + (<usize>(position - start) << 2)) << 2;
  const target = load<u32>(next + slot);
  const now = load<u32>(current + slot);
  store<u32>(inputRows + (i << 2), now);
  store<u32>(inputTargets + (i << 2), target);
  store<u32>(inputBases + (i << 2), load<u32>(flipped + slot) ? target : now);
  store<u32>(flipped + slot, 1);
}

/** After the step: makes the next vector of a position the current one. */
// @ts-ignore: decorator
@inline
export function commitInput(position: i32): void {
  const slot = <usize>load<u32>(slots + (<usize>(position - start) << 2)) << 2;
  if (!load<u32>(flipped + slot)) return;
  store<u32>(flipped + slot, 0);
  const now = load<u32>(current + slot);
  store<u32>(current + slot, load<u32>(next + slot));
  store<u32>(next + slot, now);
}

/** Adds the changes of the rows since they were loaded to the matrix. */
export function writeBackInputs(): void {
  for (let slot: usize = 0; slot < distinct; slot++) {
    const target = <usize>load<u32>(matrixRows + (slot << 2));
    addGain(target, <usize>load<u32>(current + (slot << 2)), before + slot * bytes);
  }
}

// @ts-ignore: decorator
@inline
function copy(first: usize, second: usize, source: usize): void {
  for (let at: usize = 0; at < bytes; at += 32) {
    const v0 = v128.load(source + at), v1 = v128.load(source + at, 16);
    v128.store(first + at, v0);
    v128.store(first + at, v1, 16);
    v128.store(second + at, v0);
    v128.store(second + at, v1, 16);
  }
}

// @ts-ignore: decorator
@inline
function addGain(target: usize, now: usize, old: usize): void {
  for (let at: usize = 0; at < bytes; at += 32) {
    const v0 = f32x4.add(v128.load(target + at), f32x4.sub(v128.load(now + at), v128.load(old + at)));
    const v1 = f32x4.add(v128.load(target + at, 16), f32x4.sub(v128.load(now + at, 16), v128.load(old + at, 16)));
    v128.store(target + at, v0);
    v128.store(target + at, v1, 16);
  }
}
