import { z } from "zod";
import type { TrainingTask } from "../pipeline/events.ts";
import type { TuningTask } from "../tuning/tuning.ts";

/** What a trainer process is asked for. */
export type TrainerTask = { readonly train: TrainingTask } | { readonly tune: TuningTask };

/** The last word of a trainer that could not do it. */
export const failedEventSchema = z.object({ type: z.literal("failed"), code: z.string(), message: z.string() });
