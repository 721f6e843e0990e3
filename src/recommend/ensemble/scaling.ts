/** Added to each ratio, so that its logarithm is finite. */
const ratioOffset = 0.002;

/** Replaces each score by the logarithm of its ratio to the largest one, in place. */
export function toLogRatios(scores: Float32Array): Float32Array {
  let largest = 0;
  for (let i = 0; i < scores.length; i++) largest = Math.max(largest, scores[i] as number);
  const scale = largest > 0 ? 1 / largest : 0;
  for (let i = 0; i < scores.length; i++) scores[i] = Math.log(Math.max(0, scores[i] as number) * scale + ratioOffset);
  return scores;
}

/** Subtracts the mean and multiplies by a constant, in place: for log-probabilities, whose scale carries meaning. */
export function center(scores: Float32Array, scale = 1): Float32Array {
  const mean = meanOf(scores);
  for (let i = 0; i < scores.length; i++) scores[i] = ((scores[i] as number) - mean) * scale;
  return scores;
}

/** Subtracts the mean and divides by the standard deviation, in place. */
export function standardize(scores: Float32Array): Float32Array {
  const mean = meanOf(scores);
  let squares = 0;
  for (let i = 0; i < scores.length; i++) squares += ((scores[i] as number) - mean) ** 2;
  const scale = squares === 0 ? 1 : Math.sqrt(scores.length / squares);
  for (let i = 0; i < scores.length; i++) scores[i] = ((scores[i] as number) - mean) * scale;
  return scores;
}

function meanOf(scores: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < scores.length; i++) sum += scores[i] as number;
  return sum / Math.max(1, scores.length);
}
