import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { describeError, Song2vecError } from "../../errors.ts";
import type { Failure } from "./child.ts";

/**
 * The child's side of `runInChild`: receives one task from the parent, emits events, and exits. It also exits when the
 * parent is gone: immediately, or within a second if its main thread is blocked (watchdog.ts). `run` should import
 * large modules itself, after the watchdog has started.
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

/** Resolves once the last message, and so every message, is sent. */
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
