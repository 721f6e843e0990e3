import type { Hyperparameters } from "../hyperparameters.ts";

/** Same constants as in assembly/: SEGMENT, POSITIONS and LONGEST_PATH. */
export const segment = 32;
export const positions = 64;
export const longestPath = 64;

/** How pairs are grouped into gradient steps. */
export interface StepShape {
  /** Centres per step. */
  readonly block: number;
  /** Negative samples per step. */
  readonly negatives: number;
  /** Rows in the pool of negatives; 0: no pool. */
  readonly pool: number;
  /** Rows of the pool that are replaced at each step. */
  readonly renewed: number;
  /** Weight of each negative per positive pair of an input. */
  readonly negativeWeight: number;
  /** Maximum distance of a pair. */
  readonly windowSize: number;
  readonly shrink: boolean;
  /** Whether steps are damped, so that they do not overshoot. */
  readonly damped: boolean;
}

/**
 * Limit of (pairs summed up in a row) × learning rate, beyond which even steps of single windows overshoot; the presets
 * are at half of it.
 */
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

/** Average number of draws of a pooled row before it is replaced. */
const usesPerPooledRow = 10;
