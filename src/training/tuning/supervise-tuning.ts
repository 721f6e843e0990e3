import { extname } from "node:path";
import { createError } from "../../errors.ts";
import type { Versions } from "../../model/format/versions.ts";
import type { Overrides } from "../../word2vec/hyperparameters.ts";
import { type ChildOptions, runInChild } from "../process/child.ts";
import {
  selectResult,
  type Trial,
  type TuningResult,
  type TuningEvent,
  tuningEventSchema,
  type TuningTask,
} from "./tuning.ts";

export interface SuperviseTuningOptions extends ChildOptions {
  readonly task: Pick<TuningTask, "source" | "base" | "most" | "seed">;
  /** Overrides of the preset that the client sent; included in the base. */
  readonly given: Overrides;
  readonly minutes: number;
  /** Provides the staging folder of the trials. */
  readonly versions: Versions;
  readonly onEvent?: (event: TuningEvent) => void;
}

const entry = new URL(`./tuner${extname(import.meta.url)}`, import.meta.url);

/**
 * Tunes in a child process, which is killed at its deadline.
 * @throws CANCELLED, TUNING_TOO_SHORT if not even the preset was evaluated in time, and what the child throws
 */
export async function superviseTuning({
  task,
  given,
  minutes,
  versions,
  onEvent,
  signal,
  ...options
}: SuperviseTuningOptions): Promise<TuningResult> {
  if (signal?.aborted) throw createError("CANCELLED");
  const startedAt = Date.now();
  const deadline = AbortSignal.timeout(Math.ceil(minutes * 60_000));
  const staging = await versions.createStaging();
  const trials: Trial[] = [];
  try {
    await runInChild(
      {
        entry,
        task: { ...task, startedAt, deadline: startedAt + minutes * 60_000, staging } satisfies TuningTask,
        events: tuningEventSchema,
        onEvent(event) {
          if (event.type === "trial") trials.push(event.trial);
          onEvent?.(event);
        },
      },
      { ...options, signal: signal ? AbortSignal.any([signal, deadline]) : deadline },
    );
  } catch (error) {
    if (!deadline.aborted || signal?.aborted) throw error;
  } finally {
    await versions.discard(staging);
  }
  const result = selectResult(trials, given);
  if (!result) throw createError("TUNING_TOO_SHORT", { minutes });
  return result;
}
