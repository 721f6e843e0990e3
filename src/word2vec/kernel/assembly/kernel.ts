import { reserveCbow, trainCbow } from './cbow';
import { POSITIONS, reserveInputs } from './inputs';
import { fillPool, maxOutputs, reserveOutputs } from './outputs';
import { reservePlays, loadPlaylist } from './plays';
import { seed as seedRandom } from './random';
import { trainSkipGram } from './skip-gram';
import { reserveStep } from './step';
import { block, reserveWindows } from './window';

// Settings, which the host assigns before it calls `reserve`.
export { cbowMean } from './cbow';
export { input } from './inputs';
export { aliases, negatives, nodes, output, paths, pool, renewed, vocabulary } from './outputs';
export { keep, offsets, order, tokens } from './plays';
export { damped } from './step';
export { block, negativeWeight, windowSize, shrink } from './window';
export let skipGram: bool = true;

export { sink } from './outputs';
export { scores, update } from './products';
export { takeLoss, takePairs } from './step';

/**
 * Divides the scratch of a worker.
 * @param stride floats per row of the matrices
 * @param longest length of the longest playlist, in songs
 * @returns bytes of scratch used
 */
export function reserve(start: usize, stride: usize, longest: usize): usize {
  const bytes = stride << 2;
  const maxRows = maxOutputs(<u32>block);
  let at = reserveInputs(start, bytes, skipGram ? <usize>POSITIONS : 0);
  if (!skipGram) at = reserveCbow(at, bytes);
  at = reserveOutputs(at, bytes, maxRows);
  at = reserveStep(at, bytes, <usize>POSITIONS, maxRows);
  at = reserveWindows(at);
  at = reservePlays(at, longest);
  return (at - start + 63) & ~63;
}

/** Seeds the random numbers, and draws the first pool of negatives. */
export function seed(first: u32, second: u32, third: u32): void {
  seedRandom(first, second, third);
  fillPool();
}

/** Trains the playlists order[first … last) at the learning rate. */
export function train(first: u32, last: u32, rate: f32): void {
  for (let i = first; i < last; i++) {
    const length = loadPlaylist(i);
    if (length < 2) continue;
    if (skipGram) trainSkipGram(length, rate);
    else trainCbow(length, rate);
  }
}
