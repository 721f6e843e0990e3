import { gradient } from './gradient';
import { scores, update } from './products';
import { below, next, seed } from './random';

export { seed };
export { scores, update };

// What the host lays out (see ../layout.ts); all are byte addresses in the shared memory.
let tokens: usize = 0;
let offsets: usize = 0;
let order: usize = 0;
let aliases: usize = 0;
let keep: usize = 0;
let input: usize = 0;
let output: usize = 0;
let vocabulary: u32 = 0;
let bytes: usize = 0;
let reach: i32 = 0;
let shrink: bool = false;
let negatives: i32 = 0;

// This worker's own scratch.
let kept: usize = 0;
let slots: usize = 0;
let slotRows: usize = 0;
let contexts: usize = 0;
let contextCopies: usize = 0;
let outputs: usize = 0;
let rows: usize = 0;
let rowsBefore: usize = 0;
let copies: usize = 0;
let gradients: usize = 0;
let transposed: usize = 0;
let product: usize = 0;
let pitch: usize = 0;
let transposedPitch: usize = 0;

let lossExponent: f64 = 0;
let lossPositives: f64 = 0;
let pairs: f64 = 0;
let touched: u32 = 0;

const SEGMENT: i32 = 32;

export function place(tokens_: usize, offsets_: usize, order_: usize, aliases_: usize, keep_: usize, input_: usize, output_: usize): void {
  tokens = tokens_;
  offsets = offsets_;
  order = order_;
  aliases = aliases_;
  keep = keep_;
  input = input_;
  output = output_;
}

export function configure(vocabulary_: u32, stride: u32, window: i32, shrink_: bool, negative: i32): void {
  vocabulary = vocabulary_;
  bytes = <usize>stride << 2;
  reach = window;
  shrink = shrink_;
  negatives = negative;
}

/** Divides a worker's scratch; `longest` is the length of the longest playlist. Returns the bytes it takes. */
export function scratch(start: usize, longest: i32): usize {
  const positions = SEGMENT + 2 * reach;
  const width = 2 * reach;
  pitch = ((<usize>negatives + 1 + 6) & ~3) << 2;
  transposedPitch = (<usize>width + 3 & ~3) << 2;
  let at = start;
  rows = at; at += <usize>positions * bytes;
  rowsBefore = at; at += <usize>positions * bytes;
  copies = at; at += <usize>width * bytes;
  gradients = at; at += <usize>width * pitch + 16;
  transposed = at; at += (<usize>negatives + 1) * transposedPitch;
  product = at; at += 32;
  kept = at; at += <usize>longest << 2;
  slots = at; at += <usize>positions << 2;
  slotRows = at; at += <usize>positions << 2;
  contexts = at; at += <usize>width << 2;
  contextCopies = at; at += <usize>width << 2;
  outputs = at; at += (<usize>negatives + 1) << 2;
  resetLoss();
  return (at - start + 63) & ~63;
}

export function resetLoss(): void {
  lossExponent = 0;
  lossPositives = 0;
  pairs = 0;
  if (product == 0) return;
  v128.store(product, f32x4.splat(1));
  v128.store(product, i32x4.splat(0), 16);
}

/** Σ log₂(1 + e^s) but for the logarithm of the mantissas, which lie at `lossMantissas()`. */
export function lossExponents(): f64 { return lossExponent; }
export function lossMantissas(): usize { return product; }
export function positiveScores(): f64 { return lossPositives; }
export function positivePairs(): f64 { return pairs; }
export function sink(): u32 { return touched; }

/** Trains the playlists order[first … last) at the learning rate. */
export function train(first: u32, last: u32, rate: f32): void {
  for (let i = first; i < last; i++) {
    const playlist = load<u32>(order + (<usize>i << 2));
    const start = load<u32>(offsets + (<usize>playlist << 2));
    const end = load<u32>(offsets + (<usize>playlist << 2), 4);
    const length = subsample(start, end);
    for (let from = 0; from < length; from += SEGMENT) trainSegment(from, min(from + SEGMENT, length), length, rate);
  }
}

/** Copies the songs that subsampling keeps; returns how many they are. */
function subsample(start: u32, end: u32): i32 {
  let length = 0;
  for (let i = start; i < end; i++) {
    const song = load<u32>(tokens + (<usize>i << 2));
    if (keep != 0 && load<u32>(keep + (<usize>song << 2)) < next()) continue;
    store<u32>(kept + (<usize>length << 2), song);
    length++;
  }
  return length;
}

/**
 * Trains the centres [from, to). The input rows that their windows share are fetched once and trained in scratch; what
 * they gained is added to the matrix at the end, so that what other threads did to them meanwhile is kept.
 */
function trainSegment(from: i32, to: i32, length: i32, rate: f32): void {
  const low = max(0, from - reach);
  const high = min(length, to + reach);
  const distinct = fetchRows(low, high);
  for (let centre = from; centre < to; centre++) {
    const span = shrink ? reach - <i32>below(<u32>reach) : reach;
    trainWindow(centre, max(0, centre - span), min(length, centre + span + 1), low, rate);
  }
  for (let slot = 0; slot < distinct; slot++) {
    const offset = <usize>slot * bytes;
    addGain(<usize>load<u32>(slotRows + (<usize>slot << 2)), rows + offset, rowsBefore + offset);
  }
  const exponents = v128.load(product, 16);
  lossExponent += <f64>i32x4.extract_lane(exponents, 0) + <f64>i32x4.extract_lane(exponents, 1) + <f64>i32x4.extract_lane(exponents, 2) + <f64>i32x4.extract_lane(exponents, 3);
  v128.store(product, i32x4.splat(0), 16);
}

function fetchRows(low: i32, high: i32): i32 {
  let distinct = 0;
  for (let position = low; position < high; position++) {
    const address = input + <usize>load<u32>(kept + (<usize>position << 2)) * bytes;
    let slot = 0;
    while (slot < distinct && <usize>load<u32>(slotRows + (<usize>slot << 2)) != address) slot++;
    const at = <usize>slot * bytes;
    if (slot == distinct) {
      store<u32>(slotRows + (<usize>slot << 2), <u32>address);
      copy(rows + at, rowsBefore + at, address);
      distinct++;
    }
    store<u32>(slots + (<usize>(position - low) << 2), <u32>(rows + at));
  }
  return distinct;
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
function addGain(target: usize, now: usize, before: usize): void {
  for (let at: usize = 0; at < bytes; at += 16)
    v128.store(target + at, f32x4.add(v128.load(target + at), f32x4.sub(v128.load(now + at), v128.load(before + at))));
}

function trainWindow(centre: i32, low: i32, high: i32, base: i32, rate: f32): void {
  let c: usize = 0;
  for (let position = low; position < high; position++) {
    if (position == centre) continue;
    const source = <usize>load<u32>(slots + (<usize>(position - base) << 2));
    const copyAt = copies + c * bytes;
    store<u32>(contexts + (c << 2), <u32>source);
    store<u32>(contextCopies + (c << 2), <u32>copyAt);
    for (let at: usize = 0; at < bytes; at += 32) {
      v128.store(copyAt + at, v128.load(source + at));
      v128.store(copyAt + at, v128.load(source + at, 16), 16);
    }
    c++;
  }
  if (c == 0) return;
  const n = drawOutputs(load<u32>(kept + (<usize>centre << 2)));
  scores(contextCopies, c, outputs, n, bytes, gradients, pitch);
  lossPositives += gradient(gradients, pitch, c, n, rate, transposed, transposedPitch, product);
  pairs += <f64>c;
  update(contexts, c, outputs, n, transposed, transposedPitch, bytes);
  update(outputs, n, contextCopies, c, gradients, pitch, bytes);
}

/**
 * The centre and its negatives, drawn from the alias table; a draw of the centre itself is dropped, as gensim does.
 * One load from each cache line starts all their fetches at once.
 */
function drawOutputs(song: u32): usize {
  store<u32>(outputs, <u32>(output + <usize>song * bytes));
  let n: usize = 1;
  for (let i = 0; i < negatives; i++) {
    let drawn = below(vocabulary);
    const entry = aliases + (<usize>drawn << 3);
    if (next() >= load<u32>(entry)) drawn = load<u32>(entry, 4);
    if (drawn == song) continue;
    store<u32>(outputs + (n << 2), <u32>(output + <usize>drawn * bytes));
    n++;
  }
  let sum: u32 = 0, sum1: u32 = 0;
  for (let i: usize = 1; i < n; i++) sum ^= load<u32>(<usize>load<u32>(outputs + (i << 2)));
  for (let i: usize = 1; i < n; i++) {
    const address = <usize>load<u32>(outputs + (i << 2));
    for (let at: usize = 64; at < bytes; at += 128) { sum ^= load<u32>(address + at); sum1 ^= load<u32>(address + at, 64); }
  }
  sum ^= sum1;
  touched = sum;
  return n;
}
