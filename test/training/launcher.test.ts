import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createLauncher } from '../../src/training/launcher.ts';
import { runTrainer } from '../../src/training/trainer-process.ts';
import type { TrainerTask } from '../../src/training/trainer-task.ts';

/** A task that a trainer refuses at once. */
const refused = JSON.parse('{}') as TrainerTask;
const run = (launcher?: ReturnType<typeof createLauncher>, signal?: AbortSignal) => runTrainer(refused, z.unknown(), () => {}, { launcher, ...(signal && { signal }) });

let threads = 0;
const count = () => void threads++;
afterEach(() => {
  threads = 0;
  process.off('worker', count);
});

describe('a launcher', () => {
  it('starts one trainer after the other from one thread', async () => {
    process.on('worker', count);
    const launcher = createLauncher();
    launcher.prepare();
    for (let i = 0; i < 2; i++) await expect(run(launcher)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(threads).toBe(1);
    await launcher.close();
  });

  it('refuses a second one at the same time', async () => {
    const launcher = createLauncher();
    const first = run(launcher);
    await expect(run(launcher)).rejects.toThrow('one trainer at a time');
    await expect(first).rejects.toMatchObject({ code: 'INTERNAL' });
    await launcher.close();
  });

  it('that ends takes its trainer with it, and starts anew for the next', async () => {
    const launcher = createLauncher();
    const first = run(launcher);
    await Promise.all([expect(first).rejects.toMatchObject({ code: 'TRAINER_FAILED' }), launcher.close()]);
    await expect(run(launcher)).rejects.toMatchObject({ code: 'INTERNAL' });
    await launcher.close();
  });

  it('of one trainer ends with it', async () => {
    const ended: number[] = [];
    const follow = (worker: Worker) => void worker.once('exit', () => ended.push(worker.threadId));
    process.on('worker', follow);
    await expect(run()).rejects.toMatchObject({ code: 'INTERNAL' });
    process.off('worker', follow);
    expect(ended).toHaveLength(1);
  });

  it('ends a trainer that is cancelled before it has started', async () => {
    await expect(run(undefined, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
