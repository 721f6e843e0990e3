import { songAt } from './plays';

// Input rows in scratch. The positions of a stretch of a playlist share a slot where they hold the same song. A slot
// has three rows: what the song's vector was when it was fetched, what it is now, and room for what it becomes in the
// step at hand, which still needs the old values for the other product; after the step the last two change roles.
// At the end of the stretch the gain is added to the matrix, so that what other threads did to the row meanwhile is
// kept, and so that threads meet in a row once a stretch instead of once a window.

/** The input matrix. */
export let input: usize = 0;

/** Rows of the step at hand: where they are, what their update is added to, and where the sum goes. */
export let inputRows: usize = 0;
export let inputBases: usize = 0;
export let inputTargets: usize = 0;

/** Positions that fit into the scratch. */
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

/** kept: rows that are kept in scratch, POSITIONS or none. */
export function reserveInputs(at: usize, rowBytes: usize, kept: usize): usize {
  const table = <usize>POSITIONS << 2;
  bytes = rowBytes;
  before = at;
  rows = before + kept * bytes;
  inputRows = rows + kept * 2 * bytes;
  inputBases = inputRows + table;
  inputTargets = inputBases + table;
  slots = inputTargets + table;
  matrixRows = slots + table;
  current = matrixRows + table;
  next = current + table;
  flipped = next + table;
  return flipped + table;
}

/** Fetches the rows of the positions [low, high). */
export function fetchInputs(low: i32, high: i32): void {
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

/** Puts a position's row into the step as its i-th. A song that is there already continues its own row. */
// @ts-ignore: decorator
@inline
export function takeInput(position: i32, i: usize): void {
  const slot = <usize>load<u32>(slots + (<usize>(position - start) << 2)) << 2;
  const target = load<u32>(next + slot);
  const now = load<u32>(current + slot);
  store<u32>(inputRows + (i << 2), now);
  store<u32>(inputTargets + (i << 2), target);
  store<u32>(inputBases + (i << 2), load<u32>(flipped + slot) ? target : now);
  store<u32>(flipped + slot, 1);
}

/** After the step: what its rows became is what they are. */
// @ts-ignore: decorator
@inline
export function keepInput(position: i32): void {
  const slot = <usize>load<u32>(slots + (<usize>(position - start) << 2)) << 2;
  if (!load<u32>(flipped + slot)) return;
  store<u32>(flipped + slot, 0);
  const now = load<u32>(current + slot);
  store<u32>(current + slot, load<u32>(next + slot));
  store<u32>(next + slot, now);
}

/** Adds to the matrix what the rows gained since they were fetched. */
export function releaseInputs(): void {
  for (let slot: usize = 0; slot < distinct; slot++)
    addGain(<usize>load<u32>(matrixRows + (slot << 2)), <usize>load<u32>(current + (slot << 2)), before + slot * bytes);
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
