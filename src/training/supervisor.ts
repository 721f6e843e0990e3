import { type ChildProcess, fork } from 'node:child_process';
import { extname } from 'node:path';
import { createError, errorFrom } from '../errors.ts';
import type { Versions } from '../model/versions.ts';
import type { ActiveVersion } from './gate.ts';
import { trainingEventSchema, type TrainingEvent, type TrainingSummary, type TrainingTask } from './pipeline.ts';

export interface SuperviseOptions {
  readonly task: Omit<TrainingTask, 'staging' | 'warmStart' | 'active'>;
  readonly versions: Versions;
  /** A version whose vectors training starts from. */
  readonly warmStart?: number | null;
  /** The version that the new one has to be as good as. */
  readonly active?: Omit<ActiveVersion, 'folder'> | null;
  readonly onEvent?: (event: TrainingEvent) => void;
  /** What the trainer writes on its standard error. */
  readonly onOutput?: (text: string) => void;
  /** Ends the trainer at once; nothing it wrote is kept. */
  readonly signal?: AbortSignal;
  /** Scheduling priority of the trainer, 0 to 19: the higher the more it lets others go first. */
  readonly niceness?: number;
  /** Hands this process's standard input on, for playlists that come from there. */
  readonly standardInput?: boolean;
}

/**
 * Trains in a child process and publishes what it wrote as the next model version.
 * @throws CANCELLED, MODEL_NOT_FOUND or WARM_START_MISMATCH of the version to start from, what the pipeline throws, or
 *   TRAINER_FAILED where the child ended without a word
 */
export async function superviseTraining({ task, versions, warmStart = null, active = null, onEvent, onOutput, signal, niceness = 0, standardInput = false }: SuperviseOptions): Promise<{ version: number; summary: TrainingSummary }> {
  throwIfCancelled(signal);
  const start = warmStart === null ? null : await findStart(versions, warmStart, task.hyperparameters.vectorSize);
  const judge = active && { ...active, folder: (await versions.find(active.version)).folder };
  const staging = await versions.createStaging();
  try {
    const trainer = startTrainer(niceness, standardInput);
    const summary = await follow(trainer, { ...task, warmStart: start, active: judge, staging }, { onEvent, onOutput, signal });
    throwIfCancelled(signal);
    return { version: await versions.publish(staging), summary };
  } catch (error) {
    await versions.discard(staging);
    throw error;
  }
}

async function findStart(versions: Versions, version: number, vectorSize: number): Promise<NonNullable<TrainingTask['warmStart']>> {
  const { folder, manifest } = await versions.find(version);
  checkWarmStart({ version, vectorSize: manifest.vectorSize }, vectorSize);
  return { version, folder };
}

/** @throws WARM_START_MISMATCH */
export function checkWarmStart({ version, vectorSize: found }: { version: number; vectorSize: number }, wanted: number): void {
  if (found !== wanted) throw createError('WARM_START_MISMATCH', { version, found, wanted });
}

function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw createError('CANCELLED');
}

/** Reading makes much garbage: little room for the young keeps the heap small, and what is left is collected (memory.ts). */
const heapOptions = ['--expose-gc', '--max-semi-space-size=8'];

function startTrainer(niceness: number, standardInput: boolean): ChildProcess {
  const file = new URL(`./trainer${extname(import.meta.url)}`, import.meta.url);
  return fork(file, [`${niceness}`, `${process.pid}`], { execArgv: heapOptions, stdio: [standardInput ? 'inherit' : 'ignore', 'ignore', 'pipe', 'ipc'] });
}

/** Resolves with the summary once the trainer has ended well; no trainer outlives this promise. */
function follow(trainer: ChildProcess, task: TrainingTask, { onEvent, onOutput, signal }: Pick<SuperviseOptions, 'onEvent' | 'onOutput' | 'signal'>): Promise<TrainingSummary> {
  return new Promise((resolve, reject) => {
    let summary: TrainingSummary | undefined;
    let failure: Error | undefined;
    let lastWords = '';
    const kill = () => trainer.kill('SIGKILL');
    trainer.stderr?.setEncoding('utf8').on('data', (text: string) => {
      lastWords = (lastWords + text).slice(-2000);
      onOutput?.(text);
    });
    trainer.on('message', (message) => {
      const event = trainingEventSchema.parse(message);
      if (event.type === 'trained') summary = event.summary;
      if (event.type === 'failed') failure = errorFrom(event.code, event.message);
      onEvent?.(event);
    });
    trainer.on('error', (error) => {
      if (trainer.pid === undefined) failure = createError('TRAINER_FAILED', { reason: error.message }, { cause: error });
      kill(); // where it had started, its end says why
    });
    trainer.once('close', (code, exitSignal) => {
      signal?.removeEventListener('abort', kill);
      if (signal?.aborted) reject(createError('CANCELLED'));
      else if (summary && code === 0) resolve(summary);
      else reject(failure ?? createError('TRAINER_FAILED', { reason: describeEnd(code, exitSignal, lastWords) }));
    });
    signal?.addEventListener('abort', kill, { once: true });
    if (signal?.aborted) kill();
    else trainer.send(task);
  });
}

function describeEnd(code: number | null, signal: string | null, lastWords: string): string {
  if (/heap out of memory|Allocation failed/i.test(lastWords)) return 'it ran out of memory';
  if (signal !== null) return `it was ended by ${signal}`;
  return `it exited with code ${code}${lastWords ? `: ${lastWords.trim().split('\n').at(-1)}` : ''}`;
}
