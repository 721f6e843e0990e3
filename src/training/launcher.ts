import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createError } from '../errors.ts';
import type { Launch, Launched } from './trainer-launcher.ts';

/**
 * Starts trainers, one at a time, from a thread that stays: to start a thread takes up to a tenth of a second of a processor, at the
 * priority of whoever starts it.
 */
export interface Launcher {
  /** Starts the thread where it is not there, so that the first trainer finds it. */
  prepare(): void;
  /** Starts a trainer, and hands on what is told of it; rejects where the thread ends before it is told how that ended. */
  launch(launch: Launch, onWord: (word: Launched) => void): Launching;
  /** Ends the thread, and with it a trainer that runs. */
  close(): Promise<void>;
}

export interface Launching {
  /** Resolves once it is told how the trainer ended. */
  readonly ended: Promise<void>;
  /** Ends the trainer at once. */
  kill(): void;
}

export function createLauncher(): Launcher {
  let thread: Worker | undefined;
  let running: { readonly onWord: (word: Launched) => void; readonly ended: PromiseWithResolvers<void> } | undefined;

  function start(): Worker {
    const started = new Worker(new URL(`./trainer-launcher${extname(import.meta.url)}`, import.meta.url));
    const fail = (error: Error) => {
      if (thread !== started) return;
      thread = undefined;
      running?.ended.reject(error); // its end is the trainer's, which has nobody to talk to then
      running = undefined;
    };
    started.on('message', (word: Launched) => {
      running?.onWord(word);
      if ('code' in word) end();
    });
    started.once('error', fail);
    started.once('exit', (code) => fail(createError('TRAINER_FAILED', { reason: `what started it ended with ${code}` })));
    started.unref(); // nobody waits for a thread that waits
    return started;
  }

  function end(): void {
    running?.ended.resolve();
    running = undefined;
    thread?.unref();
  }

  return {
    prepare: () => void (thread ??= start()),
    launch(launch, onWord) {
      if (running) throw new Error('one trainer at a time');
      const launcher = (thread ??= start());
      const ended = Promise.withResolvers<void>();
      running = { onWord, ended };
      launcher.ref();
      launcher.postMessage(launch);
      return { ended: ended.promise, kill: () => launcher.postMessage('kill') };
    },
    close: async () => void (await thread?.terminate()),
  };
}
