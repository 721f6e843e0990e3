import { feedback } from './damping';
import { input, inputBases, inputRows, inputTargets } from './inputs';
import { drawOutputs, loadPath, nodes } from './outputs';
import { songAt } from './plays';
import { damped, step, setUniformWeights, weights, weightsPitch } from './step';
import { block, drawSpan, negativeWeight, setSpan, spanOf } from './window';

// Continuous bag of words: the input of a centre is the mean or the sum of its context vectors. As in word2vec.c and
// gensim, each context song gets the full gradient of a mean, but 1 / n of the gradient of a sum of n vectors.

/** true: mean of the context; false: sum. */
export let cbowMean: bool = true;

let bytes: usize = 0;
let bags: usize = 0;
let gains: usize = 0;
let zeros: usize = 0;

export function reserveCbow(at: usize, rowBytes: usize): usize {
  bytes = rowBytes;
  bags = at; at += <usize>block * bytes;
  gains = at; at += <usize>block * bytes;
  zeros = at; at += bytes;
  return at;
}

/** Trains all centres of the loaded playlist. */
export function trainCbow(length: i32, rate: f32): void {
  for (let first = 0; first < length; first += block) {
    trainBags(first, min(first + block, length), length, rate);
  }
}

function trainBags(first: i32, last: i32, length: i32, rate: f32): void {
  const c = <usize>(last - first);
  for (let i: usize = 0; i < c; i++) {
    const centre = first + <i32>i;
    setSpan(<i32>i, drawSpan(length));
    store<u32>(inputRows + (i << 2), <u32>(bags + i * bytes));
    store<u32>(inputBases + (i << 2), <u32>zeros);
    store<u32>(inputTargets + (i << 2), <u32>(gains + i * bytes));
    fillBag(bags + i * bytes, centre, spanOf(<i32>i), length);
    if (damped) store<f32>(feedback + (i << 2), feedbackOf(centre, spanOf(<i32>i), length));
  }
  const n = nodes != 0 ? loadPath(songAt(first)) : drawOutputs(first, last);
  if (block > 1) setBagWeights(c, n);
  else setUniformWeights(n);
  step(c, n, block == 1, <f64>c, rate);
  for (let i: usize = 0; i < c; i++) distributeGain(gains + i * bytes, first + <i32>i, spanOf(<i32>i), length);
}

/** The positive of each bag is its own centre; all bags share the negatives. */
function setBagWeights(c: usize, n: usize): void {
  for (let i: usize = 0; i < c; i++) {
    const line = weights + i * weightsPitch;
    for (let j: usize = 0; j < c; j++) store<f32>(line + (j << 2), <f32>(i == j));
    for (let j = c; j < n; j++) store<f32>(line + (j << 2), negativeWeight);
    v128.store(line + (n << 2), f32x4.splat(0));
  }
}

/** Maximum number of context positions that are compared with each other. */
const COMPARED: i32 = 256;

/**
 * Factor by which the bag itself moves along its gain. A song that occurs m times in a context of n songs gets the gain
 * m times and is m / n of the bag, so the factor is Σ m² / n over the distinct songs. Of a long context only the middle
 * is counted, and scaled up.
 */
function feedbackOf(centre: i32, span: i32, length: i32): f32 {
  const contextSize = min(length, centre + span + 1) - max(0, centre - span) - 1;
  const near = min(span, COMPARED / 2);
  const low = max(0, centre - near), high = min(length, centre + near + 1);
  const n = high - low - 1;
  let same = 0;
  for (let one = low; one < high; one++) {
    if (one == centre) continue;
    for (let other = low; other < high; other++) {
      same += <i32>(other != centre && songAt(one) == songAt(other));
    }
  }
  return n == 0 ? 1 : <f32>same * <f32>contextSize / (<f32>n * <f32>n);
}

function fillBag(bag: usize, centre: i32, span: i32, length: i32): void {
  const low = max(0, centre - span), high = min(length, centre + span + 1);
  memory.fill(bag, 0, bytes);
  const share = f32x4.splat(cbowMean ? <f32>1 / <f32>(high - low - 1) : <f32>1);
  for (let position = low; position < high; position++) {
    if (position != centre) addScaled(bag, input + songAt(position) * bytes, share);
  }
}

function distributeGain(gain: usize, centre: i32, span: i32, length: i32): void {
  const low = max(0, centre - span), high = min(length, centre + span + 1);
  const share = f32x4.splat(cbowMean ? <f32>1 : <f32>1 / <f32>(high - low - 1));
  for (let position = low; position < high; position++) {
    if (position != centre) addScaled(input + songAt(position) * bytes, gain, share);
  }
}

// @ts-ignore: decorator
@inline
function addScaled(target: usize, source: usize, factor: v128): void {
  for (let at: usize = 0; at < bytes; at += 32) {
    const v0 = f32x4.add(v128.load(target + at), f32x4.mul(factor, v128.load(source + at)));
    const v1 = f32x4.add(v128.load(target + at, 16), f32x4.mul(factor, v128.load(source + at, 16)));
    v128.store(target + at, v0);
    v128.store(target + at, v1, 16);
  }
}
