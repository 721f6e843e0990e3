import { damp, reserveDamping } from './damping';
import { gradient } from './gradient';
import { inputBases, inputRows, inputTargets } from './inputs';
import { labels, outputRows } from './outputs';
import { scores, update } from './products';

/** Weights of the current step: w[c, n] f32 with `weightsPitch` bytes per row, or one row for all inputs. */
export let weights: usize = 0;
export let weightsPitch: usize = 0;

/** Whether steps are damped; see damping.ts. */
export let damped: bool = false;

let bytes: usize = 0;
let scoreRows: usize = 0;
let transposed: usize = 0;
let transposedPitch: usize = 0;
let tilePairs: usize = 0;
let curvatures: usize = 0;
let loss: f64 = 0;
let pairs: f64 = 0;

/** c, n: maximum numbers of inputs and outputs of a step. */
export function reserveStep(at: usize, rowBytes: usize, c: usize, n: usize): usize {
  bytes = rowBytes;
  weightsPitch = ((n + 7) & ~3) << 2;
  transposedPitch = ((c + 3) & ~3) << 2;
  scoreRows = at; at += c * weightsPitch;
  weights = at; at += c * weightsPitch;
  transposed = at; at += n * transposedPitch;
  tilePairs = at; at += 288;
  curvatures = at; at += c * weightsPitch;
  return reserveDamping(at, rowBytes, c, n);
}

/** Sum of the loss since the last call. */
export function takeLoss(): f64 {
  const taken = loss;
  loss = 0;
  return taken;
}

/** Positive pairs since the last call. */
export function takePairs(): f64 {
  const taken = pairs;
  pairs = 0;
  return taken;
}

/** Sets the weights of all n outputs to 1, in the one row that all inputs share. */
export function setUniformWeights(n: usize): void {
  for (let at: usize = 0; at < n << 2; at += 16) v128.store(weights + at, f32x4.splat(1));
  v128.store(weights + (n << 2), f32x4.splat(0));
}

/**
 * One gradient step for c inputs and n outputs.
 * @param uniform all inputs share one row of weights
 * @param positives number of positive pairs, for `takePairs`
 */
export function step(c: usize, n: usize, uniform: bool, positives: f64, rate: f32): void {
  pairs += positives;
  scores(inputRows, c, outputRows, n, bytes, scoreRows, weightsPitch, tilePairs);
  loss += gradient(
    scoreRows, weightsPitch, c, n,
    labels, weights, uniform ? 0 : weightsPitch, rate,
    transposed, transposedPitch, damped ? curvatures : 0,
  );
  if (damped) damp(scoreRows, curvatures, weightsPitch, c, n, transposed, transposedPitch);
  update(inputBases, inputTargets, c, outputRows, n, transposed, transposedPitch, bytes);
  update(outputRows, outputRows, n, inputRows, c, scoreRows, weightsPitch, bytes);
}
