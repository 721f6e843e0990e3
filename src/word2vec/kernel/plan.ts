import { createError } from "../../errors.ts";
import type { Hyperparameters } from "../hyperparameters.ts";
import { addressable, type Layout, layOut, type Shape } from "./layout.ts";

/** Memory budget of a process. */
export interface Budget {
  /** Bytes in use before the training is laid out, with its threads running. */
  readonly usedBytes: number;
  /** Bytes that the process may use. */
  readonly limit: number;
}

const unlimited: Budget = { usedBytes: 0, limit: Infinity };

/** Bytes of compiled code and stack per thread. */
const threadBytes = 2 ** 20;

/** Estimated peak memory of the process: memory in use, shared memory, and threads. */
export function estimateBytes({ bytes }: Layout, { workers }: Hyperparameters, { usedBytes }: Budget): number {
  return usedBytes + bytes + workers * threadBytes;
}

/**
 * Lays out a training within a memory budget.
 * @throws TRAINING_TOO_LARGE, with values that would fit, if the limit of WebAssembly or of the budget is exceeded
 */
export function planMemory(shape: Shape, hyperparameters: Hyperparameters, budget: Budget = unlimited): Layout {
  const layout = layOut(shape, hyperparameters);
  const { songs } = shape;
  const { vectorSize } = hyperparameters;
  const { needed, limit, of } =
    layout.bytes > addressable
      ? { needed: layout.bytes, limit: addressable, of: "WebAssembly" }
      : { needed: estimateBytes(layout, hyperparameters, budget), limit: budget.limit, of: "this machine" };
  if (needed <= limit) return layout;
  const fitting = fittingValues(shape, hyperparameters, budget);
  throw createError("TRAINING_TOO_LARGE", { songs, vectorSize, needed, limit, of, fitting });
}

/** Hyperparameter values; each alone would make the training fit. */
function fittingValues(
  shape: Shape,
  hyperparameters: Hyperparameters,
  budget: Budget,
): Readonly<Record<string, number>> {
  const fits = (songs: number, vectorSize: number) => {
    const layout = layOut({ ...shape, songs }, { ...hyperparameters, vectorSize });
    return layout.bytes <= addressable && estimateBytes(layout, hyperparameters, budget) <= budget.limit;
  };
  const vectors =
    largest(Math.floor((hyperparameters.vectorSize - 1) / vectorSizeStep), (steps) =>
      fits(shape.songs, steps * vectorSizeStep),
    ) * vectorSizeStep;
  const songs = roundDown(largest(shape.songs - 1, (fewer) => fits(fewer, hyperparameters.vectorSize)));
  if (songs < 2) return vectors > 0 ? { vectorSize: vectors } : {};
  const minCount = (shape.counts[songs] ?? 0) + 1;
  return {
    ...(vectors > 0 && { vectorSize: vectors }),
    maxVocabulary: songs,
    ...(minCount > 1 && minCount <= (shape.counts[1] ?? 0) && { minCount }),
  };
}

/** Rows are padded to a multiple of this. */
const vectorSizeStep = 16;

/** Binary search. @returns the largest number up to `most` that passes a monotonic test; 0: none does */
function largest(most: number, test: (value: number) => boolean): number {
  let accepted = 0;
  for (let refused = most + 1; refused - accepted > 1;) {
    const middle = Math.floor((accepted + refused) / 2);
    if (test(middle)) accepted = middle;
    else refused = middle;
  }
  return accepted;
}

/** Rounds down to three significant digits. */
function roundDown(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 2);
  return Math.floor(value / unit) * unit;
}
