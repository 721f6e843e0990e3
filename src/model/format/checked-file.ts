import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { createError } from "../../errors.ts";
import type { FileDigest } from "./durable.ts";

const chunkBytes = 1 << 20;

/** A file that is read once, from start to end. */
export interface ReadableFile extends AsyncDisposable {
  /** The name of the file in errors. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Fills `target` with the next bytes. It may be a view of shared memory. */
  read(target: Uint8Array): Promise<void>;
}

/** A file whose size and sha256 are known. */
export interface CheckedFile extends ReadableFile {
  /** @throws MODEL_DAMAGED unless the file was read to its end and its sha256 matches */
  verify(): void;
}

/**
 * @param name the name of the file in errors
 * @throws MODEL_DAMAGED if the file is missing, has another size, or cannot be read
 */
export async function openChecked(path: string, name: string, expected: FileDigest): Promise<CheckedFile> {
  const file = await wrapReadErrors(name, () => open(path, "r"));
  const hash = createHash("sha256");
  let position = 0;
  try {
    const { size } = await wrapReadErrors(name, () => file.stat());
    if (size !== expected.size) throw corruptFile(name, `${size} bytes instead of ${expected.size}`);
  } catch (error) {
    await file.close();
    throw error;
  }

  return {
    name,
    size: expected.size,
    async read(target) {
      for (let done = 0; done < target.length;) {
        const length = Math.min(chunkBytes, target.length - done);
        const { bytesRead } = await wrapReadErrors(name, () => file.read(target, done, length, position));
        if (bytesRead === 0) throw corruptFile(name, `unexpected end after ${position} bytes`);
        hash.update(target.subarray(done, done + bytesRead));
        done += bytesRead;
        position += bytesRead;
      }
    },
    verify() {
      if (position !== expected.size) throw corruptFile(name, `${expected.size - position} unused bytes at the end`);
      if (hash.digest("hex") !== expected.sha256) throw corruptFile(name, "wrong checksum");
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** @returns MODEL_DAMAGED with the name of the file */
export function corruptFile(file: string, reason: string, cause?: unknown): Error {
  return createError("MODEL_DAMAGED", { file, reason }, { cause });
}

/** Runs a file operation. @throws MODEL_DAMAGED with the name of the file if it fails */
export async function wrapReadErrors<T>(file: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw corruptFile(file, `cannot be read (${reasonOf(error)})`, error);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? String(error.code) : error.message;
}
