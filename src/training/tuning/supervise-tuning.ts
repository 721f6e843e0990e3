import { extname } from "node:path";
import { createError } from "../../errors.ts";
import type { Versions } from "../../model/format/versions.ts";
import type { Overrides } from "../../word2vec/hyperparameters.ts";
import { type ChildOptions, runInChild } from "../process/child.ts";
import {
  answerOf,
  type Trial,
  type TuningAnswer,
  type TuningEvent,
  tuningEventSchema,
  type TuningTask,
} from "./tuning.ts";

export interface SuperviseTuningOptions extends ChildOptions {
  readonly task: Pick<TuningTask, "source" | "base" | "most" | "seed">;
  /** What the client had set over the preset; the base has it. */
  readonly given: Overrides;
  readonly minutes: number;
  /** Whose folder has room for a trial. */
  readonly versions: Versions;
  readonly onEvent?: (event: TuningEvent) => void;
}

const entry = new URL(`./tuner${extname(import.meta.url)}`, import.meta.url);

/**
 * Tunes in a child process that is ended at its deadline, whatever it does then.
 * @throws CANCELLED, TUNING_TOO_SHORT where not even the preset was judged by then, and what the child throws
 */
export async function superviseTuning({
  task,
  given,
  minutes,
  versions,
  onEvent,
  signal,
  ...options
}: SuperviseTuningOptions): Promise<TuningAnswer> {
  if (signal?.aborted) throw createError("CANCELLED");
  const begun = Date.now();
  const deadline = AbortSignal.timeout(Math.ceil(minutes * 60_000));
  const staging = await versions.createStaging();
  const trials: Trial[] = [];
  try {
    await runInChild(
      {
        entry,
        task: { ...task, begun, deadline: begun + minutes * 60_000, staging } satisfies TuningTask,
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
  const answer = answerOf(trials, given);
  if (!answer) throw createError("TUNING_TOO_SHORT", { minutes });
  return answer;
}
