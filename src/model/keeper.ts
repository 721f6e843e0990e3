import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

const kept = new Set<WeakRef<WebAssembly.Memory>>();
const gone = new FinalizationRegistry<WeakRef<WebAssembly.Memory>>((memory) => {
  kept.delete(memory);
  const before = keeper;
  keeper = undefined;
  for (const other of kept) send(other.deref());
  void before?.terminate();
});
let keeper: Worker | undefined;

/**
 * Has a thread refer to a memory for as long as this thread does: whoever lets go of a memory last gives its pages back,
 * which takes tens of milliseconds, and it had better not be this thread. Once a memory is gone here, another thread takes over the rest.
 * @returns how many there are
 */
export function keepAside(memory: WebAssembly.Memory): number {
  const reference = new WeakRef(memory);
  kept.add(reference);
  gone.register(memory, reference);
  send(memory);
  return kept.size;
}

function send(memory: WebAssembly.Memory | undefined): void {
  if (!memory) return;
  keeper ??= start();
  keeper.postMessage(memory);
}

function start(): Worker {
  const started = new Worker(new URL(`./keep-thread${extname(import.meta.url)}`, import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 } });
  started.on('error', () => {}).unref();
  return started;
}
