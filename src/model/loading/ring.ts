/**
 * Blocks of a file on their way from the threads that read them to the one that hashes them in order. Block b stands in
 * slot b mod `slots`. Two words of each slot count how often it was filled, and how often someone was done with it: the
 * thread that read it, and the one that hashes. Where both were as often as it was filled, it is free for its next block.
 */
export interface Ring {
  readonly bytes: SharedArrayBuffer;
  /** The next block that nobody reads yet, then two words for each slot. */
  readonly words: Int32Array;
}

const slots = 8;
const filled = 1;
const released = 1 + slots;
const users = 2;

/** @param blockBytes of the largest block */
export function createRing(blockBytes: number): Ring {
  return {
    bytes: new SharedArrayBuffer(slots * blockBytes),
    words: new Int32Array(new SharedArrayBuffer((1 + 2 * slots) * 4)),
  };
}

/** The number of the next block, which is now the caller's to read. */
export function takeBlock({ words }: Ring): number {
  return Atomics.add(words, 0, 1);
}

/** Where block b stands, or will. */
export function placeOfBlock({ bytes }: Ring, block: number, length: number): Uint8Array {
  return new Uint8Array(bytes, (block % slots) * (bytes.byteLength / slots), length);
}

/** Blocks this thread until the block's slot is free. */
export function awaitRoom({ words }: Ring, block: number): void {
  const at = released + (block % slots);
  const wanted = users * Math.floor(block / slots);
  for (let done = Atomics.load(words, at); done < wanted; done = Atomics.load(words, at)) Atomics.wait(words, at, done);
}

export function fill({ words }: Ring, block: number): void {
  Atomics.add(words, filled + (block % slots), 1);
  Atomics.notify(words, filled + (block % slots));
}

/** Resolves once the block was read. */
export async function awaitBlock({ words }: Ring, block: number): Promise<void> {
  const at = filled + (block % slots);
  const before = Math.floor(block / slots);
  while (Atomics.load(words, at) === before) await Atomics.waitAsync(words, at, before).value;
}

export function releaseBlock({ words }: Ring, block: number): void {
  Atomics.add(words, released + (block % slots), 1);
  Atomics.notify(words, released + (block % slots));
}
