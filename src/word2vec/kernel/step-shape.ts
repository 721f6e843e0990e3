import type { Hyperparameters } from '../hyperparameters.ts';

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
  /** What each of them counts for every positive pair of an input. */
  readonly negativeWeight: number;
  /** The most that rate × weights of one negative may add up to. */
  readonly negativeLimit: number;
  /** Furthest distance of a pair. */
  readonly reach: number;
  readonly shrink: boolean;
}

export function stepShape({ hs, negative, negativeSharing, blockSize, blockNegatives, window, shrinkWindows }: Hyperparameters): StepShape {
  const reach = window === 'playlist' ? { reach: 2 ** 31 - 1, shrink: false } : { reach: window, shrink: shrinkWindows };
  if (hs) return { block: 1, negatives: 0, negativeWeight: 1, negativeLimit: 1, ...reach };
  if (negativeSharing === 'window') return { block: 1, negatives: negative, negativeWeight: 1, negativeLimit: Infinity, ...reach };
  return { block: blockSize, negatives: blockNegatives, negativeWeight: negative / blockNegatives, negativeLimit, ...reach };
}

const negativeLimit = 1;
