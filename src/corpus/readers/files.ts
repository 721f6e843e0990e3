import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { createError } from "../../errors.ts";

/** A file to read: its path as given, its base name, and its bytes, unpacked where they are gzip. */
export interface InputFile {
  readonly path: string;
  readonly name: string;
  readonly open: () => AsyncIterable<Buffer>;
}

const standardInputName = "standard input";
const tableName = /^[^.].*\.(?:csv|tsv)(?:\.gz)?$/i;
const unpackedChunk = 64 * 1024;

/** What a source is called in errors and reports. */
export function sourceName(source: string): string {
  return source === "-" ? standardInputName : source;
}

/**
 * The files that the sources stand for: a file for itself, a folder for its tables (.csv, .tsv, both also .gz) by
 * name, `-` for standard input.
 *
 * @param standardInput read for `-`; process.stdin unless given
 * @throws PLAYLISTS_UNREADABLE, NO_PLAYLISTS for a folder without a table
 */
export async function listInputFiles(sources: readonly string[], standardInput?: Readable): Promise<InputFile[]> {
  const files: InputFile[] = [];
  for (const source of sources) {
    if (source === "-") {
      files.push({
        path: sourceName(source),
        name: sourceName(source),
        open: () => unpack(buffers(standardInput ?? process.stdin)),
      });
      continue;
    }
    for (const path of await expand(source)) {
      files.push({ path, name: basename(path), open: () => unpack(buffers(createReadStream(path))) });
    }
  }
  return files;
}

/**
 * Reads on until `enough` is satisfied or the bytes end.
 *
 * @returns what was read, and all the bytes from the beginning
 */
export async function peek(
  bytes: AsyncIterable<Buffer>,
  enough: (head: Buffer) => boolean,
): Promise<{ head: Buffer; bytes: AsyncIterable<Buffer> }> {
  const iterator = bytes[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (!enough(head)) {
    const next = await iterator.next();
    if (next.done) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* all(): AsyncGenerator<Buffer> {
    try {
      if (head.length > 0) yield head;
      yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      await iterator.return?.();
    }
  }
  return { head, bytes: all() };
}

/** The error to throw when reading failed: system and gzip failures in words, every other error as it is. */
export function readingError(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return error;
  const reason = reasonFor(error.code, error.message);
  return reason === undefined ? error : createError("PLAYLISTS_UNREADABLE", { file, reason }, { cause: error });
}

function reasonFor(code: string, message: string): string | undefined {
  if (code === "ENOENT" || code === "ENOTDIR") return "no such file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "EISDIR") return "is a folder";
  if (code === "ERR_STREAM_PREMATURE_CLOSE") return "ended before all of it was read";
  if (/^Z_[A-Z]+_ERROR$/.test(code)) return `damaged gzip data (${message})`;
  return /^E[A-Z0-9]+$/.test(code) ? `cannot be read (${code})` : undefined;
}

async function expand(source: string): Promise<string[]> {
  try {
    if (!(await stat(source)).isDirectory()) return [source];
    const names = await tablesIn(source);
    if (names.length === 0)
      throw createError("NO_PLAYLISTS", {
        file: source,
        reason: "the folder has no .csv, .tsv, .csv.gz or .tsv.gz file",
      });
    return names.map((name) => join(source, name));
  } catch (error) {
    throw readingError(source, error);
  }
}

async function tablesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && tableName.test(entry.name))
    .map((entry) => entry.name)
    .toSorted();
}

async function* buffers(chunks: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    if (typeof chunk === "string") yield Buffer.from(chunk);
    else if (chunk instanceof Uint8Array) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    else throw new TypeError("the stream gives neither bytes nor text");
  }
}

async function* unpack(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { head, bytes } = await peek(packed, (read) => read.length >= 2);
  const gzip = head[0] === 0x1f && head[1] === 0x8b;
  yield* gzip ? buffers(pipeline(bytes, createGunzip({ chunkSize: unpackedChunk }), () => {})) : bytes;
}
