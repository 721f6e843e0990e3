import { serveTask } from "../process/serve-task.ts";
import type { TuningEvent } from "./tuning.ts";

/** Entry point of the tuner process. */
serveTask<TuningEvent>(async (task, emit) => {
  const { tuningTaskSchema } = await import("./tuning.ts");
  const { runTuning } = await import("./tune.ts");
  await runTuning(tuningTaskSchema.parse(task), emit);
});
