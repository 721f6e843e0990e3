import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from "node:fs";

const size = 1 << 20;
const chunk = 1 << 16;

/** A file that reserves disk space, so that removals still succeed once the disk is full. */
export class ReservedSpace {
  readonly #path: string;
  isAllocated: boolean;

  constructor(path: string) {
    this.#path = path;
    this.isAllocated = statSync(path, { throwIfNoEntry: false })?.size === size;
  }

  /** @throws errors of node:fs if the disk is full; the file is then removed */
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
