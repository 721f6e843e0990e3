import { isUtf8 } from "node:buffer";
import { createError } from "../../errors.ts";
import { createDecoder, likelyEncoding } from "./encodings.ts";
import { type InputFile, peek, readingError } from "./files.ts";
import { foreignFormat } from "./foreign-formats.ts";

const newline = 0x0a;
/** The first bytes of a file, which decide its encoding, format and delimiter. */
const headBytes = 64 * 1024;

/** The text of a file, decoded. */
export interface Text {
  /** The first 64 KiB. */
  readonly head: string;
  /** All of it in UTF-8, in blocks that never end inside a character. */
  readonly bytes: AsyncIterable<Buffer>;
}

/**
 * Opens a text file: UTF-8, UTF-16 with a byte order mark, or the given encoding.
 *
 * @param encoding label of the WHATWG encoding standard; a byte order mark has precedence
 * @throws PLAYLISTS_UNREADABLE, also for formats that are no text; NOT_UTF8 from `bytes`
 */
export async function openText(file: InputFile, encoding = "utf-8"): Promise<Text> {
  try {
    const { head, bytes } = await peek(file.open(), ({ length }) => length >= headBytes);
    const format = foreignFormat(head);
    if (format !== undefined)
      throw createError("PLAYLISTS_UNREADABLE", {
        file: file.path,
        reason: `expected CSV, found ${format}`,
        advice: "Accepted are CSV and TSV, for playlists also JSON lines, each as it is or as .gz.",
      });
    const label = byteOrderMark(head) ?? new TextDecoder(encoding).encoding;
    const decoded = await peek(
      dropByteOrderMarks(label === "utf-8" ? checkUtf8(bytes, file.path) : decode(bytes, label, file.path)),
      ({ length }) => length >= headBytes,
    );
    return { head: decoded.head.toString(), bytes: decoded.bytes };
  } catch (error) {
    throw readingError(file.path, error);
  }
}

/** @returns the encoding that a byte order mark announces */
function byteOrderMark(head: Buffer): string | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return "utf-16le";
  if (head[0] === 0xfe && head[1] === 0xff) return "utf-16be";
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? "utf-8" : undefined;
}

async function* decode(bytes: AsyncIterable<Buffer>, label: string, file: string): AsyncGenerator<Buffer> {
  const decoder = createDecoder(label);
  let line = 1;
  try {
    for await (const chunk of bytes) {
      const block = Buffer.from(decoder.decode(chunk));
      line += countNewlines(block, block.length);
      if (block.length > 0) yield block;
    }
    const rest = decoder.end();
    if (rest !== "") yield Buffer.from(rest);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw createError("NOT_UTF8", { file, encoding: label, line, hint: "invalid bytes on this line or below" });
  }
}

/** Drops byte order marks at the beginning of lines: files may be concatenated. */
async function* dropByteOrderMarks(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isLineStart = true;
  for await (const block of bytes) {
    const marks = isLineStart ? /(^|[\r\n])\ufeff+/g : /([\r\n])\ufeff+/g;
    isLineStart = block.at(-1) === newline;
    yield block.includes("\ufeff") ? Buffer.from(block.toString().replaceAll(marks, "$1")) : block;
  }
}

/** Passes UTF-8 text through unchanged. @throws NOT_UTF8 with the line and the likely encoding */
async function* checkUtf8(bytes: AsyncIterable<Buffer>, file: string): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  let line = 1;
  for await (const chunk of bytes) {
    const block = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const end = completeLength(block);
    const text = block.subarray(0, end);
    const likely = line === 1 ? likelyUtf16(text) : undefined;
    if (likely !== undefined)
      throw createError("NOT_UTF8", { file, line, hint: "zero bytes, looks like UTF-16", likely });
    if (!isUtf8(text)) throw notUtf8(block, file, line);
    if (line === 1 && text.subarray(0, text.indexOf(newline) + 1 || text.length).includes(0))
      throw createError("NOT_UTF8", { file, line, hint: "zero bytes, looks like a binary file" });
    line += countNewlines(text, text.length);
    pending = block.subarray(end);
    if (end > 0) yield text;
  }
  if (!isUtf8(pending)) throw createError("NOT_UTF8", { file, line, hint: "the last character is incomplete" });
  if (pending.length > 0) yield pending;
}

/** @returns the encoding in which every other byte of the beginning is zero */
function likelyUtf16(text: Buffer): string | undefined {
  const zeros = Array.from(text.subarray(0, 8), (byte) => byte === 0);
  if (zeros.length < 2) return undefined;
  if (zeros.every((zero, at) => zero === (at % 2 === 0))) return "utf-16be";
  return zeros.every((zero, at) => zero === (at % 2 === 1)) ? "utf-16le" : undefined;
}

function notUtf8(block: Buffer, file: string, firstLine: number): Error {
  const at = firstInvalidByte(block);
  const byte = `byte 0x${(block[at] ?? 0).toString(16).toUpperCase()}`;
  const line = firstLine + countNewlines(block, at);
  if (block.includes(0)) return createError("NOT_UTF8", { file, line, hint: `${byte}, looks like a binary file` });
  const { name, label } = likelyEncoding(block.subarray(block.lastIndexOf(newline, at) + 1));
  return createError("NOT_UTF8", { file, line, hint: `${byte}, looks like ${name}`, likely: label });
}

function firstInvalidByte(block: Buffer): number {
  let at = 0;
  while (at < block.length) {
    const length = sequenceLength(block[at] ?? 0);
    if (!isUtf8(block.subarray(at, at + length))) return at;
    at += length;
  }
  return at;
}

function completeLength(block: Buffer): number {
  for (let back = 1; back <= Math.min(3, block.length); back++) {
    const byte = block[block.length - back] ?? 0;
    const continuation = (byte & 0xc0) === 0x80;
    if (!continuation) return sequenceLength(byte) > back ? block.length - back : block.length;
  }
  return block.length;
}

function sequenceLength(byte: number): number {
  if (byte >= 0xf0) return 4;
  if (byte >= 0xe0) return 3;
  return byte >= 0xc0 ? 2 : 1;
}

function countNewlines(block: Buffer, end: number): number {
  let count = 0;
  for (let at = 0; at < end; at++) if (block[at] === newline) count++;
  return count;
}
