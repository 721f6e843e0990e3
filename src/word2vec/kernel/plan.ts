import { createError } from "../../errors.ts";
import type { Hyperparameters } from "../hyperparameters.ts";
import { addressable, type Layout, layOut, type Shape } from "./layout.ts";

/** What a process may take. */
export interface Budget {
  /** Bytes that it holds before a training is laid out, and keeps; its threads are running. */
  readonly usedBytes: number;
  /** Bytes that it may hold at most. */
  readonly limit: number;
}

const unlimited: Budget = { usedBytes: 0, limit: Infinity };

/** What each thread takes when it begins, beside the shared memory: compiled code and stack. */
const threadBytes = 2 ** 20;

/** The most that the process will hold: what it has, the shared memory, all of which training touches, and its threads. */
export function estimateBytes({ bytes }: Layout, { workers }: Hyperparameters, { usedBytes }: Budget): number {
  return usedBytes + bytes + workers * threadBytes;
}

/** @throws TRAINING_TOO_LARGE with what would fit, where the shared memory can not be addressed or the budget is exceeded */
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

/** Settings of which each by itself, the others left as they are, makes the training fit. */
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

/** Vectors are padded to a multiple of it. */
const vectorSizeStep = 16;

/** The largest number up to `most` that a test which is true for all below it accepts; 0 where it accepts none. */
function largest(most: number, test: (value: number) => boolean): number {
  let accepted = 0;
  for (let refused = most + 1; refused - accepted > 1;) {
    const middle = Math.floor((accepted + refused) / 2);
    if (test(middle)) accepted = middle;
    else refused = middle;
  }
  return accepted;
}

/** To three digits. */
function roundDown(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 2);
  return Math.floor(value / unit) * unit;
}
