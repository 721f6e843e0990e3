import type { Hyperparameters } from "../hyperparameters.ts";

/** Constants of assembly/: centres whose windows are drawn together, input rows in scratch, nodes of a Huffman path. */
export const segment = 32;
export const positions = 64;
export const longestPath = 64;

/** How pairs are put together into steps of descent. */
export interface StepShape {
  /** Centres of a step. */
  readonly block: number;
  /** Negatives drawn for a step. */
  readonly negatives: number;
  /** Rows that they are drawn from, 0: all; and how many of these are drawn anew for each step. */
  readonly pool: number;
  readonly renewed: number;
  /** What each of them counts for every positive pair of an input. */
  readonly negativeWeight: number;
  /** Furthest distance of a pair. */
  readonly windowSize: number;
  readonly shrink: boolean;
  /** Whether steps are damped, so that none overshoots. */
  readonly damped: boolean;
}

/** Pairs that add up in a row × learning rate, beyond which the steps of windows overshoot too; the presets are at half. */
const maxUndamped = 1.2;
const typicalPathLength = 16;

export function stepShape({
  sg,
  hs,
  alpha,
  negative,
  negativeSharing,
  negativePool,
  blockSize,
  blockNegatives,
  window,
  shrinkWindows,
}: Hyperparameters): StepShape {
  const windows =
    window === "playlist" ? { windowSize: 2 ** 31 - 1, shrink: false } : { windowSize: window, shrink: shrinkWindows };
  const contexts = sg ? Math.min(windows.shrink ? windows.windowSize + 1 : 2 * windows.windowSize, positions) : 1;
  const damped = alpha * Math.max(contexts, hs ? typicalPathLength : negative + 1) > maxUndamped;
  if (hs) return { block: 1, negatives: 0, pool: 0, renewed: 0, negativeWeight: 1, damped, ...windows };
  const negatives = negativeSharing === "window" ? negative : blockNegatives;
  const pool = { pool: negativePool, renewed: negativePool === 0 ? 0 : Math.ceil(negatives / usesPerPooledRow) };
  if (negativeSharing === "window") return { block: 1, negatives, ...pool, negativeWeight: 1, damped, ...windows };
  return { block: blockSize, negatives, ...pool, negativeWeight: negative / negatives, damped: true, ...windows };
}

/** How often a pooled row is drawn, on average, before it is replaced. */
const usesPerPooledRow = 10;
