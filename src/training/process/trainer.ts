import { serveTask } from "./serve-task.ts";
import type { TrainingEvent } from "../pipeline/events.ts";

/** Entry point of the trainer process. */
serveTask<TrainingEvent>(async (task, emit) => {
  const { trainingTaskSchema } = await import("../pipeline/events.ts");
  const { runPipeline } = await import("../pipeline/pipeline.ts");
  await runPipeline(trainingTaskSchema.parse(task), emit);
});
