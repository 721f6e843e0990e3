import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Song2vecError } from "../../errors.ts";
import type { TrainingEvent } from "../pipeline/events.ts";
import type { TuningEvent } from "../tuning/tuning.ts";

/**
 * The trainer process: takes one task from its parent, tells how it goes, and ends. It ends where the parent is gone, so
 * that no orphan goes on training: at once where it can, within a second where its main thread is busy or must wait for
 * others. So the watchdog starts before all that is to be loaded.
 */
const [parent = process.ppid] = process.argv.slice(2).map(Number);
const watchdog = new Worker(new URL(`./watchdog${extname(import.meta.url)}`, import.meta.url), { workerData: parent });
watchdog.unref();
process.once("disconnect", () => process.exit(1));
process.on("SIGINT", () => {}); // the terminal signals the whole group; the parent decides
process.on("SIGTERM", () => process.exit(1));

process.once("message", (message) => {
  void work(message);
});

async function work(message: unknown): Promise<void> {
  try {
    const { runTask } = await import("./run-task.ts");
    await runTask(message, tell);
    finish(0);
  } catch (error) {
    const known = error instanceof Song2vecError;
    if (!known) console.error(error);
    tell({
      type: "failed",
      code: known ? error.code : "INTERNAL",
      message: error instanceof Error ? error.message : String(error),
    });
    finish(1);
  }
}

function tell(event: TrainingEvent | TuningEvent): void {
  process.send?.(event);
}

function finish(code: number): void {
  process.exitCode = code;
  process.removeAllListeners("disconnect");
  process.stdin.destroy();
  process.disconnect();
}
