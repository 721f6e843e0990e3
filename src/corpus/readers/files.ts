import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { createError } from "../../errors.ts";

/** A file to read: its path as given, its base name, and its bytes, decompressed if they are gzip. */
export interface InputFile {
  readonly path: string;
  readonly name: string;
  readonly open: () => AsyncIterable<Buffer>;
}

const standardInputName = "standard input";
const fileNames = /^[^.].*\.(?:csv|tsv|jsonl|ndjson)(?:\.gz)?$/i;
const decompressedChunkBytes = 64 * 1024;

/** @returns the name of a source in errors and reports */
export function sourceName(source: string): string {
  return source === "-" ? standardInputName : source;
}

/**
 * Lists the files of sources: a file, a directory with its files (.csv, .tsv, .jsonl, .ndjson, each also .gz) sorted by
 * name, or `-` for standard input.
 *
 * @param standardInput for `-`; process.stdin by default
 * @throws PLAYLISTS_UNREADABLE, NO_PLAYLISTS for a directory without such files
 */
export async function listInputFiles(sources: readonly string[], standardInput?: Readable): Promise<InputFile[]> {
  const files: InputFile[] = [];
  for (const source of sources) {
    if (source === "-") {
      files.push({
        path: sourceName(source),
        name: sourceName(source),
        open: () => decompress(toBuffers(standardInput ?? process.stdin)),
      });
      continue;
    }
    for (const path of await expand(source)) {
      files.push({ path, name: basename(path), open: () => decompress(toBuffers(createReadStream(path))) });
    }
  }
  return files;
}

/**
 * Reads until `isEnough` or the end.
 *
 * @returns the bytes read, and all bytes from the beginning
 */
export async function peek(
  bytes: AsyncIterable<Buffer>,
  isEnough: (head: Buffer) => boolean,
): Promise<{ head: Buffer; bytes: AsyncIterable<Buffer> }> {
  const iterator = bytes[Symbol.asyncIterator]();
  let head: Buffer = Buffer.alloc(0);
  while (!isEnough(head)) {
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

/** @returns PLAYLISTS_UNREADABLE for errors of the system and of gzip, any other error unchanged */
export function readingError(file: string, error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return error;
  const reason = reasonFor(error.code, error.message);
  return reason === undefined ? error : createError("PLAYLISTS_UNREADABLE", { file, reason }, { cause: error });
}

function reasonFor(code: string, message: string): string | undefined {
  if (code === "ENOENT" || code === "ENOTDIR") return "no such file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  if (code === "EISDIR") return "is a directory";
  if (code === "ERR_STREAM_PREMATURE_CLOSE") return "unexpected end";
  if (/^Z_[A-Z]+_ERROR$/.test(code)) return `corrupt gzip data (${message})`;
  return /^E[A-Z0-9]+$/.test(code) ? `system error ${code}` : undefined;
}

async function expand(source: string): Promise<string[]> {
  try {
    if (!(await stat(source)).isDirectory()) return [source];
    const names = await filesIn(source);
    if (names.length === 0)
      throw createError("NO_PLAYLISTS", {
        file: source,
        reason: "the directory has no .csv, .tsv, .jsonl or .ndjson file, with or without .gz",
      });
    return names.map((name) => join(source, name));
  } catch (error) {
    throw readingError(source, error);
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && fileNames.test(entry.name))
    .map((entry) => entry.name)
    .toSorted();
}

async function* toBuffers(chunks: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    if (typeof chunk === "string") yield Buffer.from(chunk);
    else if (chunk instanceof Uint8Array) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    else throw new TypeError("the stream yields neither bytes nor text");
  }
}

async function* decompress(compressed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const { head, bytes } = await peek(compressed, (read) => read.length >= 2);
  const isGzip = head[0] === 0x1f && head[1] === 0x8b;
  yield* isGzip ? toBuffers(pipeline(bytes, createGunzip({ chunkSize: decompressedChunkBytes }), () => {})) : bytes;
}
