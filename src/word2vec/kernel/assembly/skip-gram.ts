import { loadInputs, commitInput, POSITIONS, writeBackInputs, addInput } from './inputs';
import { drawOutputs, loadPath, nodes } from './outputs';
import { songAt } from './plays';
import { step, setUniformWeights, weights, weightsPitch } from './step';
import { block, drawSpan, negativeWeight, SEGMENT, setSpan, spanOf } from './window';

/** Trains all pairs (context, centre) of the loaded playlist. */
export function trainSkipGram(length: i32, rate: f32): void {
  for (let from = 0; from < length; from += SEGMENT) {
    const to = min(from + SEGMENT, length);
    let low = length, high = 0;
    for (let centre = from; centre < to; centre++) {
      const span = drawSpan(length);
      setSpan(centre - from, span);
      low = min(low, max(0, centre - span));
      high = max(high, min(length, centre + span + 1));
    }
    for (; low < high; low += POSITIONS) {
      const end = min(low + POSITIONS, high);
      loadInputs(low, end);
      if (block == 1) {
        for (let centre = from; centre < to; centre++) trainWindow(centre, spanOf(centre - from), low, end, rate);
      } else {
        for (let first = from; first < to; first += block) {
          trainBlock(first, min(first + block, to), from, low, end, rate);
        }
      }
      writeBackInputs();
    }
  }
}

/** Trains the part [low, end) of the window of a centre. */
function trainWindow(centre: i32, span: i32, low: i32, end: i32, rate: f32): void {
  const first = max(low, centre - span), last = min(end, centre + span + 1);
  let c: usize = 0;
  for (let position = first; position < last; position++) if (position != centre) addInput(position, c++);
  if (c == 0) return;
  const n = nodes != 0 ? loadPath(songAt(centre)) : drawOutputs(centre, centre + 1);
  setUniformWeights(n);
  step(c, n, true, <f64>c, rate);
  for (let position = first; position < last; position++) commitInput(position);
}

/**
 * Trains the centres [first, last) of the segment that starts at `from`, with the contexts in [low, end) that are in
 * the window of at least one of them. For an input in the windows of m centres each negative has the weight m ·
 * negativeWeight, as if it had been drawn for each of them.
 */
function trainBlock(first: i32, last: i32, from: i32, low: i32, end: i32, rate: f32): void {
  const centres = <usize>(last - first);
  let c: usize = 0, positives: u32 = 0;
  for (let position = low; position < end; position++) {
    const line = weights + c * weightsPitch;
    let m: u32 = 0;
    for (let centre = first; centre < last; centre++) {
      const distance = abs(position - centre);
      const pair = distance != 0 && distance <= spanOf(centre - from);
      store<f32>(line + (<usize>(centre - first) << 2), <f32>pair);
      m += <u32>pair;
    }
    if (m == 0) continue;
    store<f32>(line + (centres << 2), <f32>m);
    addInput(position, c++);
    positives += m;
  }
  if (c == 0) return;
  const n = drawOutputs(first, last);
  for (let i: usize = 0; i < c; i++) {
    const line = weights + i * weightsPitch;
    const m = load<f32>(line + (centres << 2)) * negativeWeight;
    for (let j = centres; j < n; j++) store<f32>(line + (j << 2), m);
    v128.store(line + (n << 2), f32x4.splat(0));
  }
  step(c, n, false, <f64>positives, rate);
  for (let position = low; position < end; position++) commitInput(position);
}
