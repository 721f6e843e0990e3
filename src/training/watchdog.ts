import { getPriority } from 'node:os';
import { workerData } from 'node:worker_threads';
import type { Duty } from '../word2vec/duty.ts';
import { createLoadFollower } from './parent-load.ts';

/** What it is started with: the process that it watches, and what its own process works by. */
export interface WatchdogTask {
  readonly parent: number;
  readonly duty: Duty;
}

/**
 * A thread that ends its process once the process that started it is gone, whatever keeps the main thread busy, and has it rest
 * while that one has much to do, where it is to let others go first. The parent's number changes once it is gone, but on Windows, where it is asked whether it lives.
 */
const { parent, duty }: WatchdogTask = workerData;
const followLoad = getPriority() > 0 ? createLoadFollower(parent, duty) : undefined;

setInterval(() => {
  if (process.ppid !== parent || !lives(parent)) process.kill(process.pid, 'SIGKILL');
  followLoad?.();
}, 500);

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
