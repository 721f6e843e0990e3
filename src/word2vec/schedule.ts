import type { Hyperparameters } from "./hyperparameters.ts";

/** The learning rate after `done` of `total` songs: decreases linearly from alpha to minAlpha, as in gensim. */
export function learningRate(
  { alpha, minAlpha }: Pick<Hyperparameters, "alpha" | "minAlpha">,
  done: number,
  total: number,
): number {
  return Math.max(minAlpha, alpha - (alpha - minAlpha) * (done / total));
}
