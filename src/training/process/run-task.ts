import { z } from "zod";
import { type TrainingEvent, trainingTaskSchema } from "../pipeline/events.ts";
import { runPipeline } from "../pipeline/pipeline.ts";
import { runTuning } from "../tuning/tune.ts";
import { type TuningEvent, tuningTaskSchema } from "../tuning/tuning.ts";

const taskSchema = z.union([z.object({ train: trainingTaskSchema }), z.object({ tune: tuningTaskSchema })]);

/** Does what a trainer process is asked for. @throws what that throws */
export async function runTask(message: unknown, tell: (event: TrainingEvent | TuningEvent) => void): Promise<void> {
  const task = taskSchema.parse(message);
  if ("train" in task) await runPipeline(task.train, tell);
  else await runTuning(task.tune, tell);
}
