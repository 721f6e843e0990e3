import { createError } from "../../errors.ts";
import type { Versions } from "../../model/format/versions.ts";
import type { ActiveVersion } from "../pipeline/promotion-check.ts";
import {
  trainingEventSchema,
  type TrainingEvent,
  type TrainingSummary,
  type TrainingTask,
} from "../pipeline/events.ts";
import { runTrainer, type TrainerOptions } from "./trainer-process.ts";

export interface SuperviseOptions extends TrainerOptions {
  readonly task: Omit<TrainingTask, "staging" | "warmStart" | "active">;
  readonly versions: Versions;
  /** A version whose vectors training starts from. */
  readonly warmStart?: number | null;
  /** The version that the new one has to be as good as. */
  readonly active?: Omit<ActiveVersion, "folder"> | null;
  readonly onEvent?: (event: TrainingEvent) => void;
}

/**
 * Trains in a child process and publishes what it wrote as the next model version; where the signal ends it, nothing is kept.
 * @throws CANCELLED, MODEL_NOT_FOUND or WARM_START_MISMATCH of the version to start from, what the pipeline throws, or
 *   TRAINER_FAILED where the child ended without a word
 */
export async function superviseTraining({
  task,
  versions,
  warmStart = null,
  active = null,
  onEvent,
  ...options
}: SuperviseOptions): Promise<{ version: number; summary: TrainingSummary }> {
  const start = warmStart === null ? null : await findStart(versions, warmStart, task.hyperparameters.vectorSize);
  const judge = active && { ...active, folder: (await versions.find(active.version)).folder };
  const staging = await versions.createStaging();
  try {
    const told: { summary?: TrainingSummary } = {};
    await runTrainer(
      { train: { ...task, warmStart: start, active: judge, staging } },
      trainingEventSchema,
      (event) => {
        if (event.type === "trained") told.summary = event.summary;
        onEvent?.(event);
      },
      options,
    );
    if (!told.summary) throw createError("TRAINER_FAILED", { reason: "it exited without a word" });
    return { version: await versions.publish(staging), summary: told.summary };
  } catch (error) {
    await versions.discard(staging);
    throw error;
  }
}

async function findStart(
  versions: Versions,
  version: number,
  vectorSize: number,
): Promise<NonNullable<TrainingTask["warmStart"]>> {
  const { folder, manifest } = await versions.find(version);
  checkWarmStart({ version, vectorSize: manifest.vectorSize }, vectorSize);
  return { version, folder };
}

/** @throws WARM_START_MISMATCH */
export function checkWarmStart(
  { version, vectorSize: found }: { version: number; vectorSize: number },
  wanted: number,
): void {
  if (found !== wanted) throw createError("WARM_START_MISMATCH", { version, found, wanted });
}
