import type { z } from "zod";
import { createError, errorFrom } from "../errors.ts";
import { createLauncher, type Launcher } from "./launcher.ts";
import { failedEventSchema, type TrainerTask } from "./trainer-task.ts";

export interface TrainerOptions {
  /** What the trainer writes on its standard error. */
  readonly onOutput?: ((text: string) => void) | undefined;
  /** Ends the trainer at once. */
  readonly signal?: AbortSignal | undefined;
  /** Scheduling priority of the trainer, 0 to 19: the higher the more it lets others go first. */
  readonly niceness?: number | undefined;
  /** Hands this process's standard input on, for playlists that come from there. */
  readonly standardInput?: boolean | undefined;
  /** What starts it; by default one of its own. */
  readonly launcher?: Launcher | undefined;
}

/**
 * Reading makes much garbage: little room for the young keeps the heap small, and what is left is collected (memory.ts). One thread
 * that helps to collect, so that there are not four of them which wake up beside whoever answers.
 */
const heapOptions = ["--expose-gc", "--max-semi-space-size=8", "--v8-pool-size=1"];

/**
 * Does a task in a process of its own. Resolves once that has ended well; no trainer outlives this promise.
 * @throws CANCELLED, what the task throws, or TRAINER_FAILED where the child ended without a word
 */
export async function runTrainer<Event>(
  task: TrainerTask,
  events: z.ZodType<Event>,
  onEvent: (event: Event) => void,
  { launcher, ...options }: TrainerOptions,
): Promise<void> {
  const launching = launcher ?? createLauncher();
  try {
    await runWith(launching, task, (message) => onEvent(events.parse(message)), options);
  } finally {
    if (!launcher) await launching.close();
  }
}

async function runWith(
  launcher: Launcher,
  task: TrainerTask,
  onMessage: (message: unknown) => void,
  { onOutput, signal, niceness = 0, standardInput = false }: Omit<TrainerOptions, "launcher">,
): Promise<void> {
  let failure: Error | undefined;
  let lastWords = "";
  let end: { readonly code: number | null; readonly signal: string | null } | undefined;
  const { ended, kill } = launcher.launch({ task, heapOptions, niceness, standardInput }, (word) => {
    if ("code" in word) end = word;
    else if ("pid" in word) return;
    else if ("unstarted" in word) failure = createError("TRAINER_FAILED", { reason: word.unstarted });
    else if ("output" in word) {
      lastWords = (lastWords + word.output).slice(-2000);
      onOutput?.(word.output);
    } else {
      const { data: failed } = failedEventSchema.safeParse(word.message);
      if (failed) failure = errorFrom(failed.code, failed.message);
      onMessage(word.message);
    }
  });
  signal?.addEventListener("abort", kill, { once: true });
  if (signal?.aborted) kill();
  try {
    await ended;
  } finally {
    signal?.removeEventListener("abort", kill);
  }
  if (signal?.aborted) throw createError("CANCELLED");
  if (failure ?? end?.code !== 0)
    throw (
      failure ??
      createError("TRAINER_FAILED", { reason: describeEnd(end?.code ?? null, end?.signal ?? null, lastWords) })
    );
}

function describeEnd(code: number | null, signal: string | null, lastWords: string): string {
  if (/heap out of memory|Allocation failed/i.test(lastWords)) return "it ran out of memory";
  if (signal !== null) return `it was ended by ${signal}`;
  return `it exited with code ${code}${lastWords ? `: ${lastWords.trim().split("\n").at(-1)}` : ""}`;
}
