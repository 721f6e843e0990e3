import { z } from "zod";
import { type Comparison, compareModels } from "../evaluate/compare.ts";
import { inspectModel } from "../model/format/inspect.ts";
import { serveTask } from "../training/process/serve-task.ts";

const versionSchema = z.object({ version: z.int(), folder: z.string() });
const comparisonTaskSchema = z.object({ a: versionSchema, b: versionSchema, songs: z.int(), limit: z.int() });
export type ComparisonTask = z.infer<typeof comparisonTaskSchema>;

// Entry of the child process that compares two model versions.
serveTask<Comparison>(async (task, emit) => {
  const { a, b, ...options } = comparisonTaskSchema.parse(task);
  const [manifestA, manifestB] = [await inspectModel(a.folder), await inspectModel(b.folder)];
  emit(await compareModels({ ...a, manifest: manifestA }, { ...b, manifest: manifestB }, options));
});
