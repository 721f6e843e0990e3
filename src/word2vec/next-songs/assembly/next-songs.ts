import { exponential } from '../../kernel/assembly/gradient';
import { scores, update } from '../../kernel/assembly/products';
import { below, next } from '../../kernel/assembly/random';
import { horizontalSum, madd } from '../../kernel/assembly/tiles';

export { seed } from '../../kernel/assembly/random';

// One gradient step for a block of examples: a playlist up to some play, and the song played next.
//
//     q = Σ_n w_n · e(song n plays back)       scores = cos(q, e(candidate)) / temperature − log(expected draws)
//
// The loss is the cross-entropy of the softmax over the candidates: the next songs of the whole block and random songs.
// All examples of a block share them, so that the three products are dense. Subtracting the logarithm of how often a
// song is expected among the candidates makes the sampled softmax an estimate of the full one (Bengio and Senécal 2008).
// Rows are updated by AdaGrad with one sum of squares per row.

// Settings, which the host assigns before it calls `reserve`: byte addresses and sizes, see ../layout.ts.
export let tokens: usize = 0;
/** Index in `tokens` of each next song [examples] u32. */
export let examples: usize = 0;
export let exampleCount: u32 = 0;
/** Number of plays before each play in its playlist, at most `depth` [plays] u8. */
export let history: usize = 0;
/** [V, stride] f32 */
export let vectors: usize = 0;
/** Sum of squared gradients of each row [V] f32. */
export let squares: usize = 0;
/** Logarithm of the weight of each position, and its sum of squared gradients [depth, 2] f32. */
export let positions: usize = 0;
/** Alias table of the random songs [V, 2] u32; see sampling.ts. */
export let aliases: usize = 0;
/** Logarithm of the expected number of draws of each song in a block [V] f32. */
export let logDraws: usize = 0;
export let vocabulary: u32 = 0;
export let block: u32 = 0;
export let negatives: u32 = 0;
export let depth: u32 = 0;
/** 1 / temperature */
export let sharpness: f32 = 0;

const epsilon: f32 = 1e-12;
const maskedScore: f32 = -1e9;

let bytes: usize = 0;
/** [block] Index in `tokens` of each example of the block. */
let plays: usize = 0;
/** [block, depth] Songs of each query, the latest first, and their number [block]. */
let earlierSongs: usize = 0;
let lengths: usize = 0;
/** [block + negatives] Candidate songs, and the logarithms of their draws; up to 3 more that score nothing. */
let candidates: usize = 0;
let candidateLogs: usize = 0;
/** Inverse lengths of the queries [block], and of the candidates [block + negatives]. */
let queryScales: usize = 0;
let candidateScales: usize = 0;
/** Tables of row addresses: unit queries, unit candidates, their gradients, and rows of zeros. */
let queryRows: usize = 0;
let candidateRows: usize = 0;
let queryGradients: usize = 0;
let candidateGradients: usize = 0;
let zeros: usize = 0;
/** [block, candidates] Scores, replaced by gradients; and their transpose. */
let scoreRows: usize = 0;
let pitch: usize = 0;
let transposed: usize = 0;
let transposedPitch: usize = 0;
let tilePairs: usize = 0;
/** [depth] Weights of the positions, and their gradients. */
let weights: usize = 0;
let weightGradients: usize = 0;
let loss: f64 = 0;

/**
 * Divides the scratch of a worker.
 * @param stride floats per row
 * @returns bytes of scratch used
 */
export function reserve(start: usize, stride: usize): usize {
  bytes = stride << 2;
  const b = <usize>block, n = <usize>(block + negatives);
  pitch = ((n + 7) & ~3) << 2;
  transposedPitch = ((b + 7) & ~3) << 2;
  let at = start;
  plays = at; at += b << 2;
  earlierSongs = at; at += b * <usize>depth << 2;
  lengths = at; at += b << 2;
  candidates = at; at += (n + 4) << 2;
  candidateLogs = at; at += (n + 4) << 2;
  queryScales = at; at += b << 2;
  candidateScales = at; at += n << 2;
  weights = at; at += <usize>depth << 2;
  weightGradients = at; at += <usize>depth << 2;
  queryRows = at; at += b << 2;
  candidateRows = at; at += n << 2;
  queryGradients = at; at += b << 2;
  candidateGradients = at; at += n << 2;
  zeros = at; at += n << 2;
  at = (at + 63) & ~63;
  const zero = at; at += bytes;
  memory.fill(zero, 0, bytes);
  for (let i: usize = 0; i < b; i++) {
    store<u32>(queryRows + (i << 2), <u32>(at + i * bytes));
    store<u32>(queryGradients + (i << 2), <u32>(at + (b + i) * bytes));
  }
  at += 2 * b * bytes;
  for (let i: usize = 0; i < n; i++) {
    store<u32>(candidateRows + (i << 2), <u32>(at + i * bytes));
    store<u32>(candidateGradients + (i << 2), <u32>(at + (n + i) * bytes));
    store<u32>(zeros + (i << 2), <u32>zero);
  }
  at += 2 * n * bytes;
  scoreRows = at; at += (b + 3) * pitch;
  transposed = at; at += (n + 3) * transposedPitch;
  tilePairs = at; at += 288;
  return (at - start + 63) & ~63;
}

/** Sum of the loss since the last call. */
export function takeLoss(): f64 {
  const taken = loss;
  loss = 0;
  return taken;
}

/**
 * Trains `count` ≤ block examples from the `first` one of a permutation: example i is (i · multiplier + shift) mod
 * exampleCount.
 */
export function train(first: u32, count: u32, multiplier: u32, shift: u32, rate: f32): void {
  const b = <usize>count, n = b + <usize>negatives;
  for (let i: usize = 0; i < <usize>depth; i++) {
    store<f32>(weights + (i << 2), Mathf.exp(load<f32>(positions + (i << 3))));
    store<f32>(weightGradients + (i << 2), 0);
  }
  for (let i: u32 = 0; i < count; i++) {
    const example = <u32>((<u64>(first + i) * <u64>multiplier + <u64>shift) % <u64>exampleCount);
    const play = load<u32>(examples + (<usize>example << 2));
    store<u32>(plays + (<usize>i << 2), play);
    store<u32>(candidates + (<usize>i << 2), load<u32>(tokens + (<usize>play << 2)));
  }
  for (let i = b; i < n; i++) store<u32>(candidates + (i << 2), draw());
  v128.store(candidateLogs + (n << 2), f32x4.splat(-maskedScore));
  for (let i: usize = 0; i < b; i++) {
    listSongs(i);
    fillQuery(i);
  }
  for (let i: usize = 0; i < n; i++) {
    const from = vectors + <usize>load<u32>(candidates + (i << 2)) * bytes;
    const scale = inverseLength(from);
    store<f32>(candidateScales + (i << 2), scale);
    store<f32>(candidateLogs + (i << 2), load<f32>(logDraws + (<usize>load<u32>(candidates + (i << 2)) << 2)));
    copyScaled(row(candidateRows, i), from, scale);
  }
  scores(queryRows, b, candidateRows, n, bytes, scoreRows, pitch, tilePairs);
  for (let i: usize = 0; i < b; i++) loss += differentiate(i, n);
  transpose(b, n);
  update(zeros, queryGradients, b, candidateRows, n, transposed, transposedPitch, bytes);
  update(zeros, candidateGradients, n, queryRows, b, scoreRows, pitch, bytes);
  for (let i: usize = 0; i < b; i++) updateHistory(i, rate);
  for (let i: usize = 0; i < n; i++) {
    const gradient = row(candidateGradients, i);
    projectGradient(gradient, row(candidateRows, i), load<f32>(candidateScales + (i << 2)));
    updateRow(load<u32>(candidates + (i << 2)), gradient, 1, rate);
  }
  updatePositions(<f32>count, rate);
}

// @ts-ignore: decorator
@inline
function row(table: usize, index: usize): usize {
  return <usize>load<u32>(table + (index << 2));
}

function draw(): u32 {
  const drawn = below(vocabulary);
  const at = aliases + (<usize>drawn << 3);
  return next() < load<u32>(at) ? drawn : load<u32>(at, 4);
}

/** Lists the songs before an example at their last plays, the latest first. */
function listSongs(i: usize): void {
  const play = load<u32>(plays + (i << 2));
  const end = play - <u32>load<u8>(history + <usize>play);
  const songs = earlierSongs + (i * <usize>depth << 2);
  let length: usize = 0;
  for (let at = play; at > end; at--) {
    const song = load<u32>(tokens + (<usize>(at - 1) << 2));
    let n: usize = 0;
    while (n < length && load<u32>(songs + (n << 2)) != song) n++;
    if (n < length) continue;
    store<u32>(songs + (length << 2), song);
    length++;
  }
  store<u32>(lengths + (i << 2), <u32>length);
}

// @ts-ignore: decorator
@inline
function earlierSong(i: usize, n: usize): u32 {
  return load<u32>(earlierSongs + (i * <usize>depth + n << 2));
}

function fillQuery(i: usize): void {
  const query = row(queryRows, i);
  const length = <usize>load<u32>(lengths + (i << 2));
  memory.fill(query, 0, bytes);
  for (let n: usize = 0; n < length; n++)
    addScaled(query, vectors + <usize>earlierSong(i, n) * bytes, load<f32>(weights + (n << 2)));
  const scale = inverseLength(query);
  store<f32>(queryScales + (i << 2), scale);
  copyScaled(query, query, scale);
}

/** Replaces the scores of an example by gradients of the log-likelihood, label − softmax. @returns its loss */
function differentiate(i: usize, n: usize): f64 {
  const line = scoreRows + i * pitch;
  const own = load<f32>(line + (i << 2)) * sharpness - load<f32>(candidateLogs + (i << 2));
  const target = v128.load32_splat(candidates + (i << 2));
  const masked = f32x4.splat(maskedScore), factor = f32x4.splat(sharpness);
  const end = n << 2;
  let most = masked;
  for (let at: usize = 0; at < end; at += 16) {
    const score = f32x4.sub(f32x4.mul(v128.load(line + at), factor), v128.load(candidateLogs + at));
    const kept = v128.bitselect(masked, score, i32x4.eq(v128.load(candidates + at), target));
    v128.store(line + at, kept);
    most = f32x4.max(most, kept);
  }
  store<f32>(line + (i << 2), own);
  const largest = max(
    max(max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)), own),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  const offset = f32x4.splat(largest);
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < end; at += 16) {
    const power = exponential(f32x4.sub(v128.load(line + at), offset));
    v128.store(line + at, power);
    sum = f32x4.add(sum, power);
  }
  const total = horizontalSum(sum);
  const share = f32x4.splat(<f32>-1 / total);
  for (let at: usize = 0; at < end; at += 16) v128.store(line + at, f32x4.mul(v128.load(line + at), share));
  store<f32>(line + (i << 2), load<f32>(line + (i << 2)) + 1);
  return <f64>Mathf.log(total) - <f64>(own - largest);
}

/** Transposes the scores of b examples, in tiles of 4 × 4. */
function transpose(b: usize, n: usize): void {
  for (let i: usize = 0; i < b; i += 4) {
    const from = scoreRows + i * pitch;
    for (let j: usize = 0; j < n; j += 4) {
      const at = from + (j << 2);
      const r0 = v128.load(at), r1 = v128.load(at + pitch);
      const r2 = v128.load(at + 2 * pitch), r3 = v128.load(at + 3 * pitch);
      const a0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5), a1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const b0 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5), b1 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      const to = transposed + j * transposedPitch + (i << 2);
      v128.store(to, v128.shuffle<f32>(a0, b0, 0, 1, 4, 5));
      v128.store(to + transposedPitch, v128.shuffle<f32>(a0, b0, 2, 3, 6, 7));
      v128.store(to + 2 * transposedPitch, v128.shuffle<f32>(a1, b1, 0, 1, 4, 5));
      v128.store(to + 3 * transposedPitch, v128.shuffle<f32>(a1, b1, 2, 3, 6, 7));
    }
  }
}

/** Updates the songs of a query, and adds to the gradients of the positions. */
function updateHistory(i: usize, rate: f32): void {
  const gradient = row(queryGradients, i);
  projectGradient(gradient, row(queryRows, i), load<f32>(queryScales + (i << 2)));
  const length = <usize>load<u32>(lengths + (i << 2));
  for (let n: usize = 0; n < length; n++) {
    const song = earlierSong(i, n);
    const weight = load<f32>(weights + (n << 2));
    const at = weightGradients + (n << 2);
    store<f32>(at, load<f32>(at) + weight * product(gradient, vectors + <usize>song * bytes));
    updateRow(song, gradient, weight, rate);
  }
}

/** The gradient of a row whose unit vector has this gradient: the part perpendicular to it, scaled. */
function projectGradient(gradient: usize, unit: usize, scale: f32): void {
  const along = f32x4.splat(-product(gradient, unit));
  const factor = f32x4.splat(scale * sharpness);
  for (let at: usize = 0; at < bytes; at += 16)
    v128.store(gradient + at, f32x4.mul(factor, madd(along, v128.load(unit + at), v128.load(gradient + at))));
}

function updateRow(song: u32, gradient: usize, weight: f32, rate: f32): void {
  const at = squares + (<usize>song << 2);
  const square = load<f32>(at) + weight * weight * product(gradient, gradient) * 4 / <f32>bytes;
  store<f32>(at, square);
  addScaled(vectors + <usize>song * bytes, gradient, rate * weight / Mathf.sqrt(square + epsilon));
}

function updatePositions(count: f32, rate: f32): void {
  for (let n: usize = 0; n < <usize>depth; n++) {
    const at = positions + (n << 3);
    const gradient = load<f32>(weightGradients + (n << 2)) / count;
    const square = load<f32>(at, 4) + gradient * gradient;
    store<f32>(at, square, 4);
    store<f32>(at, load<f32>(at) + rate * gradient / Mathf.sqrt(square + epsilon));
  }
}

function product(one: usize, other: usize): f32 {
  let s0 = f32x4.splat(0), s1 = s0;
  for (let at: usize = 0; at < bytes; at += 32) {
    s0 = madd(v128.load(one + at), v128.load(other + at), s0);
    s1 = madd(v128.load(one + at, 16), v128.load(other + at, 16), s1);
  }
  return horizontalSum(f32x4.add(s0, s1));
}

function inverseLength(vector: usize): f32 {
  return 1 / Mathf.sqrt(product(vector, vector) + epsilon);
}

function copyScaled(target: usize, source: usize, factor: f32): void {
  const f = f32x4.splat(factor);
  for (let at: usize = 0; at < bytes; at += 16) v128.store(target + at, f32x4.mul(f, v128.load(source + at)));
}

function addScaled(target: usize, source: usize, factor: f32): void {
  const f = f32x4.splat(factor);
  for (let at: usize = 0; at < bytes; at += 16)
    v128.store(target + at, madd(f, v128.load(source + at), v128.load(target + at)));
}
