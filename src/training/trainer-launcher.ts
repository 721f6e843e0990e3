import { type ChildProcess, fork } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { extname } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { lowerThreadPriority } from '../model/thread-priority.ts';
import type { TrainerTask } from './trainer-task.ts';

/** What a trainer is started with. */
export interface Launch {
  readonly task: TrainerTask;
  readonly trainerArgs: string[];
  readonly heapOptions: string[];
  /** Its scheduling priority, 0 to 19. */
  readonly niceness: number;
  /** Hands this process's standard input on. */
  readonly standardInput: boolean;
}

/** What is told of a trainer: what it says, writes on its standard error, and, last, how it ended. */
export type Launched = { readonly message: unknown } | { readonly output: string } | { readonly unstarted: string } | { readonly code: number | null; readonly signal: string | null };

/**
 * A thread that starts one trainer process after the other, hands on what it says, and ends it when it is told to. To start a process
 * from one that holds a model takes a copy of its page tables and a wait for the new one: tens of milliseconds that are this thread's.
 */
const file = new URL(`./trainer${extname(import.meta.url)}`, import.meta.url);
const tell = (word: Launched) => parentPort?.postMessage(word);
let trainer: ChildProcess | undefined;
const kill = () => void trainer?.kill('SIGKILL');

parentPort?.on('message', (message: Launch | 'kill') => {
  if (message === 'kill') kill();
  else start(message);
});

function start({ trainerArgs, heapOptions, standardInput, niceness, task }: Launch): void {
  lowerThreadPriority(niceness); // which the process takes over
  const started = fork(file, trainerArgs, { execArgv: heapOptions, stdio: [standardInput ? 'inherit' : 'ignore', 'ignore', 'pipe', 'ipc'] });
  trainer = started;
  if (started.pid !== undefined) lowerPriority(started.pid, niceness);
  started.stderr?.setEncoding('utf8').on('data', (output: string) => tell({ output }));
  started.on('message', (message) => tell({ message }));
  started.on('error', (error) => {
    if (started.pid === undefined) tell({ unstarted: error.message });
    kill(); // where it had started, its end says why
  });
  started.once('close', (code, signal) => {
    trainer = undefined;
    tell({ code, signal });
  });
  started.send(task);
}

/** Where threads have none: before it has started its own, which take the priority of the one that starts them. */
function lowerPriority(pid: number, niceness: number): void {
  try {
    if (niceness > getPriority(pid)) setPriority(pid, niceness);
  } catch {
    // it has ended
  }
}
