import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { createError } from "../../errors.ts";
import type { FileDigest } from "./durable.ts";

const chunkBytes = 1 << 20;

/** A file that is read once from its start to its end. */
export interface ReadableFile extends AsyncDisposable {
  /** What errors call the file. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Fills `target`, which may view shared memory, with the next bytes. */
  read(target: Uint8Array): Promise<void>;
}

/** One that is then compared with the digest that it should have. */
export interface CheckedFile extends ReadableFile {
  /** Throws unless the whole file was read and its sha256 is right. */
  verify(): void;
}

/**
 * @param name what errors call the file
 * @throws MODEL_DAMAGED where the file is missing, has another size, or can't be read
 */
export async function openChecked(path: string, name: string, expected: FileDigest): Promise<CheckedFile> {
  const file = await wrapReadErrors(name, () => open(path, "r"));
  const hash = createHash("sha256");
  let position = 0;
  try {
    const { size } = await wrapReadErrors(name, () => file.stat());
    if (size !== expected.size) throw corruptFile(name, `it has ${size} bytes and should have ${expected.size}`);
  } catch (error) {
    await file.close();
    throw error;
  }

  return {
    name,
    size: expected.size,
    async read(target) {
      for (let done = 0; done < target.length;) {
        const most = Math.min(chunkBytes, target.length - done);
        const { bytesRead } = await wrapReadErrors(name, () => file.read(target, done, most, position));
        if (bytesRead === 0) throw corruptFile(name, `it ends after ${position} bytes`);
        hash.update(target.subarray(done, done + bytesRead));
        done += bytesRead;
        position += bytesRead;
      }
    },
    verify() {
      if (position !== expected.size)
        throw corruptFile(name, `${expected.size - position} bytes at its end belong to nothing`);
      if (hash.digest("hex") !== expected.sha256) throw corruptFile(name, "its checksum does not match");
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

/** An error that names the file. */
export function corruptFile(file: string, reason: string, cause?: unknown): Error {
  return createError("MODEL_DAMAGED", { file, reason }, { cause });
}

/** Runs a file call; where it fails, the error names the file. */
export async function wrapReadErrors<T>(file: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw corruptFile(file, `it cannot be read (${reasonOf(error)})`, error);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error ? String(error.code) : error.message;
}
