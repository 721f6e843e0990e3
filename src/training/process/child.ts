import { fork } from "node:child_process";
import { setPriority } from "node:os";
import { z } from "zod";
import { createError, errorFrom } from "../../errors.ts";

export interface ChildTask<Event> {
  /** The program, which calls `serveTask`. */
  readonly entry: URL;
  readonly task: object;
  /** Every message of the child is one of these. */
  readonly events: z.ZodType<Event>;
  readonly onEvent: (event: Event) => void;
}

export interface ChildOptions {
  /** What the child writes on its standard error. */
  readonly onStderr?: ((text: string) => void) | undefined;
  /** Kills the child. */
  readonly signal?: AbortSignal | undefined;
  /** Scheduling priority: 0 is normal, 19 the lowest. */
  readonly niceness?: number | undefined;
  /** Hands this process's standard input on, for playlists that come from there. */
  readonly inheritStdin?: boolean | undefined;
}

/** What a child sends instead of its last event, where its task failed. */
const failureSchema = z.object({
  type: z.literal("failed"),
  code: z.string(),
  message: z.string(),
  advice: z.string().optional(),
});
export type Failure = z.infer<typeof failureSchema>;

/**
 * Reading makes much garbage: a small young generation keeps the heap small, and `gc` returns memory between phases
 * (memory.ts). One helper thread of V8 rather than four, which would compete with the threads that train and serve.
 */
const execArgv = ["--expose-gc", "--max-semi-space-size=8", "--v8-pool-size=1"];
const maxStderrLength = 2000;
/** Milliseconds after which a child that has failed is killed: a thread of it may hang. */
const exitGrace = 2000;

/**
 * Runs one task in a child process. Resolves when the child has exited with code 0; no child outlives the promise.
 * Whatever the child sends or does, the only effect here is that this promise rejects.
 *
 * @throws CANCELLED, the error that the child reported, or TRAINER_FAILED
 */
export async function runInChild<Event>(
  { entry, task, events, onEvent }: ChildTask<Event>,
  { onStderr, signal, niceness = 0, inheritStdin = false }: ChildOptions,
): Promise<void> {
  if (signal?.aborted) throw createError("CANCELLED");
  const child = fork(entry, [String(process.pid)], {
    execArgv,
    stdio: [inheritStdin ? "inherit" : "ignore", "ignore", "pipe", "ipc"],
  });
  const kill = () => void child.kill("SIGKILL");
  let failure: Error | undefined;
  let stderr = "";

  child.on("message", (message) => {
    try {
      const { data: failed } = failureSchema.safeParse(message);
      if (failed) {
        failure ??= errorFrom(failed);
        setTimeout(kill, exitGrace).unref();
      } else onEvent(events.parse(message));
    } catch (error) {
      failure ??= createError("TRAINER_FAILED", { reason: "invalid message" }, { cause: error });
      kill();
    }
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-maxStderrLength);
    onStderr?.(text);
  });
  const exited = new Promise<string | null>((resolve, reject) => {
    child.once("close", (code, exitSignal) => resolve(describeExit(code, exitSignal, stderr)));
    child.on("error", (error) => {
      if (child.pid === undefined) reject(createError("TRAINER_FAILED", { reason: error.message }, { cause: error }));
      else kill(); // "close" follows, and has the reason
    });
  });
  signal?.addEventListener("abort", kill, { once: true });
  if (child.pid !== undefined) {
    if (niceness > 0) lowerPriority(child.pid, niceness);
    child.send(task);
  }
  const exitReason = await exited.finally(() => signal?.removeEventListener("abort", kill));
  if (signal?.aborted) throw createError("CANCELLED");
  if (failure) throw failure;
  if (exitReason !== null) throw createError("TRAINER_FAILED", { reason: exitReason });
}

/** Right after the fork: the threads that the child starts inherit its priority. */
function lowerPriority(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // the child has exited already, or the system has no priorities
  }
}

/** @returns null after a success */
function describeExit(code: number | null, signal: NodeJS.Signals | null, stderr: string): string | null {
  if (code === 0) return null;
  if (/heap out of memory|Allocation failed/i.test(stderr)) return "it ran out of memory";
  if (signal !== null) return `it was ended by ${signal}`;
  const lastLine = stderr.trim().split("\n").at(-1);
  return `it exited with code ${code}${lastLine ? `: ${lastLine}` : ""}`;
}
