import { fork } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { extname } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { lowerThreadPriority } from '../model/thread-priority.ts';
import type { Launch, Launched } from './trainer-process.ts';

/**
 * A thread that starts a trainer process, hands on what it says, and ends it when it is told to. To start a process from one
 * that holds a model takes a copy of its page tables and a wait for the new one: tens of milliseconds that are this thread's.
 */
const { trainerArgs, heapOptions, standardInput, niceness, task }: Launch = workerData;
lowerThreadPriority(niceness); // which the process takes over
const file = new URL(`./trainer${extname(import.meta.url)}`, import.meta.url);
const trainer = fork(file, trainerArgs, { execArgv: heapOptions, stdio: [standardInput ? 'inherit' : 'ignore', 'ignore', 'pipe', 'ipc'] });
if (trainer.pid !== undefined) lowerPriority(trainer.pid);

const tell = (word: Launched) => parentPort?.postMessage(word);
const kill = () => trainer.kill('SIGKILL');
trainer.stderr?.setEncoding('utf8').on('data', (output: string) => tell({ output }));
trainer.on('message', (message) => tell({ message }));
trainer.on('error', (error) => {
  if (trainer.pid === undefined) tell({ unstarted: error.message });
  kill(); // where it had started, its end says why
});
trainer.once('close', (code, signal) => {
  tell({ code, signal });
  parentPort?.close();
});
parentPort?.once('message', kill);
trainer.send(task);

/** Where threads have none: before it has started its own, which take the priority of the one that starts them. */
function lowerPriority(pid: number): void {
  try {
    if (niceness > getPriority(pid)) setPriority(pid, niceness);
  } catch {
    // it has ended
  }
}
