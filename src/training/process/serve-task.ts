import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { describeError, Song2vecError } from "../../errors.ts";
import type { Failure } from "./child.ts";

/**
 * The child's side of `runInChild`: takes one task from the parent, emits events, and ends. It ends where the parent is
 * gone, so that no orphan goes on: at once where it can, within a second where its main thread is busy or must wait for
 * others. So `run` imports what takes long, once the watchdog has started.
 *
 * @param run resolves once the task is done
 */
export function serveTask<Event extends object>(
  run: (task: unknown, emit: (event: Event) => void) => Promise<void>,
): void {
  const workerData = Number(process.argv[2]); // the parent's id
  new Worker(new URL(`./watchdog${extname(import.meta.url)}`, import.meta.url), { workerData }).unref();
  process.once("disconnect", () => process.exit(1));
  process.on("SIGINT", () => {}); // the terminal signals the whole group; the parent decides
  process.on("SIGTERM", () => process.exit(1));
  process.once("message", (task) => {
    run(task, send).then(() => finish(0), fail);
  });
}

function fail(error: unknown): void {
  if (!(error instanceof Song2vecError)) console.error(error);
  send({ type: "failed", ...describeError(error) } satisfies Failure);
  void finish(1);
}

/** Resolves once the last message is sent, and so all of them. */
let sent: Promise<void> = Promise.resolve();

function send(message: object): void {
  sent = new Promise((resolve) => process.send?.(message, () => resolve()));
}

async function finish(code: number): Promise<void> {
  await sent;
  process.exitCode = code;
  process.removeAllListeners("disconnect");
  process.stdin.destroy();
  process.disconnect();
}
