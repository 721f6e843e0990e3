import { below } from './random';

/** Maximum distance of a pair. */
export let windowSize: u32 = 0;
/** Whether each window is drawn between 1 and `windowSize`. */
export let shrink: bool = false;
/** Centres that share a step and its negatives; 1: one step per window. */
export let block: i32 = 1;
/** Weight of each negative of a block per positive pair of an input. */
export let negativeWeight: f32 = 1;

/** Number of centres whose windows are drawn together. */
export const SEGMENT: i32 = 32;

let spans: usize = 0;

export function reserveWindows(at: usize): usize {
  spans = at;
  return at + (<usize>SEGMENT << 2);
}

// @ts-ignore: decorator
@inline
export function drawSpan(length: i32): i32 {
  return <i32>min(shrink ? windowSize - below(windowSize) : windowSize, <u32>length);
}

// @ts-ignore: decorator
@inline
export function setSpan(index: i32, span: i32): void {
  store<i32>(spans + (<usize>index << 2), span);
}

// @ts-ignore: decorator
@inline
export function spanOf(index: i32): i32 {
  return load<i32>(spans + (<usize>index << 2));
}
