import { extname } from "node:path";
import { createError } from "../../errors.ts";
import type { Versions } from "../../model/format/versions.ts";
import {
  trainingEventSchema,
  type TrainingEvent,
  type TrainingSummary,
  type TrainingTask,
} from "../pipeline/events.ts";
import type { ActiveVersion } from "../pipeline/promotion-check.ts";
import { type ChildOptions, runInChild } from "./child.ts";

export interface SuperviseOptions extends ChildOptions {
  readonly task: Omit<TrainingTask, "staging" | "warmStart" | "active">;
  readonly versions: Versions;
  /** The version whose vectors the training starts from. */
  readonly warmStart?: number | null;
  /** The active version, for the promotion check. */
  readonly active?: Omit<ActiveVersion, "folder"> | null;
  readonly onEvent?: (event: TrainingEvent) => void;
}

const entry = new URL(`./trainer${extname(import.meta.url)}`, import.meta.url);

/**
 * Trains in a child process and publishes the result as the next model version. After a failure nothing is kept.
 * @throws CANCELLED, MODEL_NOT_FOUND or WARM_START_MISMATCH for the warm start, what the pipeline throws, or
 *   TRAINER_FAILED if the child exited without a result
 */
export async function superviseTraining({
  task,
  versions,
  warmStart: start = null,
  active: compared = null,
  onEvent,
  ...options
}: SuperviseOptions): Promise<{ version: number; summary: TrainingSummary }> {
  const warmStart = start === null ? null : await findWarmStart(versions, start, task.hyperparameters.vectorSize);
  const active = compared && { ...compared, folder: (await versions.find(compared.version)).folder };
  const staging = await versions.createStaging();
  try {
    const trained: { summary?: TrainingSummary } = {};
    await runInChild(
      {
        entry,
        task: { ...task, warmStart, active, staging } satisfies TrainingTask,
        events: trainingEventSchema,
        onEvent(event) {
          if (event.type === "trained") trained.summary = event.summary;
          onEvent?.(event);
        },
      },
      options,
    );
    if (!trained.summary) throw createError("TRAINER_FAILED", { reason: "no result received" });
    return { version: await versions.publish(staging), summary: trained.summary };
  } catch (error) {
    await versions.discard(staging);
    throw error;
  }
}

/** @throws MODEL_NOT_FOUND, MODEL_DAMAGED, WARM_START_MISMATCH */
export async function findWarmStart(
  versions: Pick<Versions, "find">,
  version: number,
  vectorSize: number,
): Promise<NonNullable<TrainingTask["warmStart"]>> {
  const { folder, manifest } = await versions.find(version);
  const found = manifest.vectorSize;
  if (found !== vectorSize) throw createError("WARM_START_MISMATCH", { version, found, wanted: vectorSize });
  return { version, folder };
}
