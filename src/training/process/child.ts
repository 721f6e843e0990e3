import { fork } from "node:child_process";
import { setPriority } from "node:os";
import { z } from "zod";
import { createError, errorFrom } from "../../errors.ts";

export interface ChildTask<Event> {
  /** Module that the child runs; it calls `serveTask`. */
  readonly entry: URL;
  readonly task: object;
  /** Schema of the messages that the child sends. */
  readonly events: z.ZodType<Event>;
  readonly onEvent: (event: Event) => void;
}

export interface ChildOptions {
  /** Called with the child's standard error output. */
  readonly onStderr?: ((text: string) => void) | undefined;
  /** Kills the child. */
  readonly signal?: AbortSignal | undefined;
  /** Scheduling priority: 0 is normal, 19 the lowest. */
  readonly niceness?: number | undefined;
  /** The child inherits standard input, to read playlists from it. */
  readonly inheritStdin?: boolean | undefined;
}

/** The last message of a child whose task failed. */
const failureSchema = z.object({
  type: z.literal("failed"),
  code: z.string(),
  message: z.string(),
  advice: z.string().optional(),
});
export type Failure = z.infer<typeof failureSchema>;

/**
 * Reading allocates a lot: a small young generation keeps the heap small, and `gc` returns memory between phases
 * (pipeline/memory.ts). V8 gets one helper thread instead of four, which would compete with training and serving.
 */
const execArgv = ["--expose-gc", "--max-semi-space-size=8", "--v8-pool-size=1"];
const maxStderrLength = 2000;
/** Milliseconds until a child that has reported a failure is killed: one of its threads may hang. */
const exitGrace = 2000;

/**
 * Runs one task in a child process. Resolves when the child has exited with code 0; no child outlives the promise.
 * A child that crashes or sends invalid messages has no other effect on this process.
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

/** Must run right after the fork: threads inherit the priority when they start. */
function lowerPriority(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch {
    // the child has exited already, or the system has no priorities
  }
}

/** @returns null after exit code 0 */
function describeExit(code: number | null, signal: NodeJS.Signals | null, stderr: string): string | null {
  if (code === 0) return null;
  if (/heap out of memory|Allocation failed/i.test(stderr)) return "out of memory";
  if (signal !== null) return `killed by ${signal}`;
  const lastLine = stderr.trim().split("\n").at(-1);
  return `exit code ${code}${lastLine ? `: ${lastLine}` : ""}`;
}
