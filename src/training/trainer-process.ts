import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
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

/** What a launcher is started with. */
export interface Launch extends Required<Pick<TrainerOptions, 'niceness' | 'standardInput'>> {
  readonly task: TrainerTask;
  readonly trainerArgs: string[];
  readonly heapOptions: string[];
}

/** What a launcher tells of its trainer: what that says, writes on its standard error, and, last, how it ended. */
export type Launched = { readonly message: unknown } | { readonly output: string } | { readonly unstarted: string } | { readonly code: number | null; readonly signal: string | null };

/**
 * Reading makes much garbage: little room for the young keeps the heap small, and what is left is collected (memory.ts). One thread
 * that helps to collect, so that there are not four of them which wake up beside whoever answers.
 */
const heapOptions = ['--expose-gc', '--max-semi-space-size=8', '--v8-pool-size=1'];

/**
 * Does a task in a process of its own. Resolves once that has ended well; no trainer outlives this promise.
 * @throws CANCELLED, what the task throws, or TRAINER_FAILED where the child ended without a word
 */
export function runTrainer<Event>(task: TrainerTask, events: z.ZodType<Event>, onEvent: (event: Event) => void, { onOutput, signal, niceness = 0, standardInput = false }: TrainerOptions): Promise<void> {
  const workerData: Launch = { task, trainerArgs: [`${process.pid}`], heapOptions, niceness, standardInput };
  const launcher = new Worker(new URL(`./trainer-launcher${extname(import.meta.url)}`, import.meta.url), { workerData });
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    let lastWords = '';
    const kill = () => launcher.postMessage('kill');
    const end = (code: number | null, exitSignal: string | null) => {
      signal?.removeEventListener('abort', kill);
      if (signal?.aborted) reject(createError('CANCELLED'));
      else if (failure ?? code !== 0) reject(failure ?? createError('TRAINER_FAILED', { reason: describeEnd(code, exitSignal, lastWords) }));
      else resolve();
    };
    const follow = (message: unknown) => {
      const { data: failed } = failedEventSchema.safeParse(message);
      if (failed) failure = errorFrom(failed.code, failed.message);
      onEvent(events.parse(message));
    };
    launcher.on('message', (word: Launched) => {
      if ('message' in word) follow(word.message);
      else if ('code' in word) end(word.code, word.signal);
      else if ('unstarted' in word) failure = createError('TRAINER_FAILED', { reason: word.unstarted });
      else {
        lastWords = (lastWords + word.output).slice(-2000);
        onOutput?.(word.output);
      }
    });
    launcher.once('error', reject); // its end is the trainer's, which has nobody to talk to then
    launcher.once('exit', (code) => reject(createError('TRAINER_FAILED', { reason: `what started it ended with ${code}` }))); // too late where the trainer has ended
    signal?.addEventListener('abort', kill, { once: true });
    if (signal?.aborted) kill();
  });
}

function describeEnd(code: number | null, signal: string | null, lastWords: string): string {
  if (/heap out of memory|Allocation failed/i.test(lastWords)) return 'it ran out of memory';
  if (signal !== null) return `it was ended by ${signal}`;
  return `it exited with code ${code}${lastWords ? `: ${lastWords.trim().split('\n').at(-1)}` : ''}`;
}
