import { extname } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Worker } from "node:worker_threads";

const kept = new Set<WeakRef<WebAssembly.Memory>>();
const gone = new FinalizationRegistry<WeakRef<WebAssembly.Memory>>((memory) => {
  kept.delete(memory);
  const before = keeper;
  keeper = undefined;
  for (const other of kept) send(other.deref());
  void before?.terminate();
});
let keeper: Worker | undefined;

/** Models that are in memory where none piles up: the one that serves, the one before it, the new one, and one that has just been let go. */
const mostAlive = 4;
/** Memories that nobody needs, and for how many collections they have been waited for. */
const released = new Map<WeakRef<WebAssembly.Memory>, number>();
/**
 * A piece that V8 finds worth a collection, which it then makes step by step; where more than twice as much comes while it
 * collects, it makes the rest at once. Nobody touches it, so that it takes no memory itself.
 */
const pieceBytes = 16 << 20;
/** Milliseconds before each piece and after it: a collection takes a tenth of a second beside requests. Where memories pile up it is to be quick. */
const aroundPiece = { slow: 500, quick: 25 };
/** Whoever still refers to a memory after so many of them keeps it. */
const mostPieces = 32;

/**
 * Has a thread refer to a memory for as long as this thread does: whoever lets go of a memory last gives its pages back,
 * which takes tens of milliseconds, and it had better not be this thread. Once a memory is gone here, another thread takes over the rest.
 */
export function keepAside(memory: WebAssembly.Memory): void {
  const reference = new WeakRef(memory);
  kept.add(reference);
  gone.register(memory, reference);
  send(memory);
}

/**
 * Has V8 collect garbage until a memory that nobody needs any more is gone. V8 leaves shared memory out when it weighs whether
 * to: ten replaced models could pile up before one goes.
 */
export function letGo(memory: WebAssembly.Memory): void {
  released.set(new WeakRef(memory), 0);
  if (released.size === 1) void collect();
}

async function collect(): Promise<void> {
  const wait = () =>
    setTimeout(kept.size > mostAlive ? aroundPiece.quick : aroundPiece.slow, undefined, { ref: false });
  while (released.size > 0) {
    await wait();
    askForCollection();
    await wait(); // who asks for a memory keeps it for as long as this job takes, and so for a collection that starts meanwhile
    for (const [memory, pieces] of released) {
      if (memory.deref() && pieces < mostPieces) released.set(memory, pieces + 1);
      else released.delete(memory);
    }
  }
}

/** Without room for the piece there is none. */
function askForCollection(): void {
  try {
    void new ArrayBuffer(pieceBytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}

function send(memory: WebAssembly.Memory | undefined): void {
  if (!memory) return;
  keeper ??= start();
  keeper.postMessage(memory);
}

function start(): Worker {
  const started = new Worker(new URL(`./keep-thread${extname(import.meta.url)}`, import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 1 },
  });
  started.on("error", () => {}).unref();
  return started;
}
