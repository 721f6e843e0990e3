import type { Hyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { allocate, float32View, type Plays } from "../../../src/word2vec/kernel/layout.ts";
import { prepare, type PrepareOptions } from "../../../src/word2vec/kernel/prepare.ts";

/** Lays out a training in its own memory. @returns its matrices [V, stride] too */
export function layOutTraining(plays: Plays, hyperparameters: Hyperparameters, options?: PrepareOptions) {
  const { memory, layout } = prepare(plays, hyperparameters, allocate, options);
  const matrixAt = (address: number) => float32View(memory, address, layout.songs * layout.stride);
  return { memory, layout, input: matrixAt(layout.input), output: matrixAt(layout.output) };
}
