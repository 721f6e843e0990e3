import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Song2vecError } from '../errors.ts';
import { runPipeline, trainingTaskSchema, type TrainingEvent } from './pipeline.ts';

/**
 * The trainer process: takes one task from its parent, tells how it goes, and ends. It ends at once where the parent
 * is gone, so that no orphan goes on training: at once where it can, within a second where its main thread is busy.
 */
const watchdog = new Worker(new URL(`./watchdog${extname(import.meta.url)}`, import.meta.url), { workerData: process.ppid });
watchdog.unref();
process.once('disconnect', () => process.exit(1));
process.on('SIGINT', () => {}); // the terminal signals the whole group; the parent decides
process.on('SIGTERM', () => process.exit(1));

process.once('message', (message) => {
  void work(message);
});

async function work(message: unknown): Promise<void> {
  try {
    await runPipeline(trainingTaskSchema.parse(message), tell);
    finish(0);
  } catch (error) {
    const known = error instanceof Song2vecError;
    if (!known) console.error(error);
    tell({ type: 'failed', code: known ? error.code : 'INTERNAL', message: error instanceof Error ? error.message : String(error) });
    finish(1);
  }
}

function tell(event: TrainingEvent): void {
  process.send?.(event);
}

function finish(code: number): void {
  process.exitCode = code;
  process.removeAllListeners('disconnect');
  process.stdin.destroy();
  process.disconnect();
}
