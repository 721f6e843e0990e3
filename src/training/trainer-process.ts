import { fork } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { extname } from 'node:path';
import type { z } from 'zod';
import { createError, errorFrom } from '../errors.ts';
import { failedEventSchema, type TrainerTask } from './trainer-task.ts';

export interface TrainerOptions {
  /** What the trainer writes on its standard error. */
  readonly onOutput?: ((text: string) => void) | undefined;
  /** Ends the trainer at once. */
  readonly signal?: AbortSignal | undefined;
  /** Scheduling priority of the trainer, 0 to 19: the higher the more it lets others go first. */
  readonly niceness?: number | undefined;
  /** Hands this process's standard input on, for playlists that come from there. */
  readonly standardInput?: boolean | undefined;
}

/** Reading makes much garbage: little room for the young keeps the heap small, and what is left is collected (memory.ts). */
const heapOptions = ['--expose-gc', '--max-semi-space-size=8'];

/**
 * Does a task in a process of its own. Resolves once that has ended well; no trainer outlives this promise.
 * @throws CANCELLED, what the task throws, or TRAINER_FAILED where the child ended without a word
 */
export function runTrainer<Event>(task: TrainerTask, events: z.ZodType<Event>, onEvent: (event: Event) => void, { onOutput, signal, niceness = 0, standardInput = false }: TrainerOptions): Promise<void> {
  const file = new URL(`./trainer${extname(import.meta.url)}`, import.meta.url);
  const trainer = fork(file, [`${process.pid}`], { execArgv: heapOptions, stdio: [standardInput ? 'inherit' : 'ignore', 'ignore', 'pipe', 'ipc'] });
  if (trainer.pid !== undefined) lowerPriority(trainer.pid, niceness);
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    let lastWords = '';
    const kill = () => trainer.kill('SIGKILL');
    trainer.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-2000);
      onOutput?.(text);
    });
    trainer.on('message', (message) => {
      const { data: failed } = failedEventSchema.safeParse(message);
      if (failed) failure = errorFrom(failed.code, failed.message);
      onEvent(events.parse(message));
    });
    trainer.on('error', (error) => {
      if (trainer.pid === undefined) failure = createError('TRAINER_FAILED', { reason: error.message }, { cause: error });
      kill(); // where it had started, its end says why
    });
    trainer.once('close', (code, exitSignal) => {
      signal?.removeEventListener('abort', kill);
      if (signal?.aborted) reject(createError('CANCELLED'));
      else if (failure ?? code !== 0) reject(failure ?? createError('TRAINER_FAILED', { reason: describeEnd(code, exitSignal, lastWords) }));
      else resolve();
    });
    signal?.addEventListener('abort', kill, { once: true });
    if (signal?.aborted) kill();
    else trainer.send(task);
  });
}

/** Before it has started its threads: they take the priority of the one that starts them. */
function lowerPriority(pid: number, niceness: number): void {
  try {
    if (niceness > getPriority(pid)) setPriority(pid, niceness);
  } catch {
    // it has ended
  }
}

function describeEnd(code: number | null, signal: string | null, lastWords: string): string {
  if (/heap out of memory|Allocation failed/i.test(lastWords)) return 'it ran out of memory';
  if (signal !== null) return `it was ended by ${signal}`;
  return `it exited with code ${code}${lastWords ? `: ${lastWords.trim().split('\n').at(-1)}` : ''}`;
}
