import { z } from "zod";
import { Song2vecError } from "../errors.ts";
import { inspectModel } from "../model/format/inspect.ts";
import { compareModels } from "./compare.ts";

/** The process that compares: takes one task from its parent, answers, and ends; at once where the parent is gone. */
export const comparisonTaskSchema = z.object({
  a: z.object({ version: z.int(), folder: z.string() }),
  b: z.object({ version: z.int(), folder: z.string() }),
  songs: z.int(),
  limit: z.int(),
});
export type ComparisonTask = z.infer<typeof comparisonTaskSchema>;

process.once("disconnect", () => process.exit(1));
process.on("SIGINT", () => {}); // the terminal signals the whole group; the parent decides

process.once("message", (message) => {
  void work(message).then((answer) => {
    process.removeAllListeners("disconnect");
    process.send?.(answer, () => process.disconnect());
  });
});

async function work(message: unknown): Promise<object> {
  try {
    const { a, b, songs, limit } = comparisonTaskSchema.parse(message);
    const [first, second] = [await inspectModel(a.folder), await inspectModel(b.folder)];
    return { comparison: await compareModels({ ...a, manifest: first }, { ...b, manifest: second }, { songs, limit }) };
  } catch (error) {
    const known = error instanceof Song2vecError;
    if (!known) console.error(error);
    return {
      failed: {
        code: known ? error.code : "INTERNAL",
        message: error instanceof Error ? error.message : String(error),
      },
    };
  }
}
