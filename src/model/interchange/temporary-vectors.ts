import { open, rm } from "node:fs/promises";

/** Vectors in a temporary file, written in one order and read in another, with 1 MiB in memory. */
export interface TemporaryVectors {
  append(vector: Float32Array): Promise<void>;
  /**
   * @param order row numbers
   * @returns the bytes of these rows, in chunks that are valid until the next one
   */
  readInOrder(order: Uint32Array): AsyncGenerator<Uint8Array>;
  /** Removes the file. */
  [Symbol.asyncDispose](): Promise<void>;
}

const chunkBytes = 1 << 20;

/** @param path of the file, which is created, and removed on dispose */
export async function createTemporaryVectors(path: string, vectorSize: number): Promise<TemporaryVectors> {
  const file = await open(path, "wx+");
  const rowBytes = vectorSize * 4;
  const chunkRows = Math.max(1, Math.floor(chunkBytes / rowBytes));
  const chunk = new Float32Array(chunkRows * vectorSize);
  const bytes = new Uint8Array(chunk.buffer);
  let filled = 0;

  async function flush(): Promise<void> {
    for (let done = 0; done < filled * rowBytes;)
      done += (await file.write(bytes, done, filled * rowBytes - done)).bytesWritten;
    filled = 0;
  }

  async function readRun(target: Uint8Array, row: number): Promise<void> {
    for (let done = 0; done < target.length;) {
      const { bytesRead } = await file.read(target, done, target.length - done, row * rowBytes + done);
      if (bytesRead === 0) throw new RangeError(`no vector of row ${row}`);
      done += bytesRead;
    }
  }

  return {
    async append(vector) {
      chunk.set(vector, filled * vectorSize);
      filled += 1;
      if (filled === chunkRows) await flush();
    },
    async *readInOrder(order) {
      await flush();
      for (let first = 0; first < order.length; first += chunkRows) {
        const rows = order.subarray(first, first + chunkRows);
        for (let i = 0; i < rows.length;) {
          const start = i;
          do i += 1;
          while (i < rows.length && rows[i] === (rows[i - 1] ?? 0) + 1);
          await readRun(bytes.subarray(start * rowBytes, i * rowBytes), rows[start] ?? 0);
        }
        yield bytes.subarray(0, rows.length * rowBytes);
      }
    },
    async [Symbol.asyncDispose]() {
      await file.close();
      await rm(path, { force: true });
    },
  };
}
