import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from "node:fs";

const size = 1 << 20;
const chunk = 1 << 16;

/** A file that holds space on the disk, so that there is some to remove things with once the disk is full. */
export class ReservedSpace {
  readonly #path: string;
  isAllocated: boolean;

  constructor(path: string) {
    this.#path = path;
    this.isAllocated = statSync(path, { throwIfNoEntry: false })?.size === size;
  }

  /** @throws the errors of node:fs where there is no room; nothing is left then */
  allocate(): void {
    try {
      const file = openSync(this.#path, "w");
      try {
        for (let written = 0; written < size;)
          written += writeSync(file, Buffer.alloc(Math.min(chunk, size - written)));
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
      this.isAllocated = true;
    } catch (error) {
      this.free();
      throw error;
    }
  }

  free(): void {
    rmSync(this.#path, { force: true });
    this.isAllocated = false;
  }
}
