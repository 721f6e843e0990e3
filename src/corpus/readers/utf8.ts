import { isUtf8 } from "node:buffer";
import { createError } from "../../errors.ts";

const newline = 0x0a;

/**
 * Passes UTF-8 text through unchanged, in blocks that never end inside a character.
 *
 * @param file the name of the source in errors
 * @throws NOT_UTF8 with the line and a hint at the actual encoding
 */
export async function* checkUtf8(bytes: AsyncIterable<Buffer>, file: string): AsyncGenerator<Buffer> {
  let pending: Buffer = Buffer.alloc(0);
  let line = 1;
  let started = false;
  for await (const chunk of bytes) {
    const block = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    if (!started && block.length >= 2) {
      started = true;
      rejectUtf16(block, file);
    }
    const end = started ? completeLength(block) : 0;
    const text = block.subarray(0, end);
    if (!isUtf8(text)) throw notUtf8(text, file, line);
    line += countNewlines(text, text.length);
    pending = block.subarray(end);
    if (end > 0) yield text;
  }
  if (!isUtf8(pending)) throw notUtf8(pending, file, line);
  if (pending.length > 0) yield pending;
}

function rejectUtf16(block: Buffer, file: string): void {
  const mark = block.readUInt16BE(0);
  if (mark === 0xfffe || mark === 0xfeff)
    throw createError("NOT_UTF8", { file, line: 1, hint: "UTF-16 byte order mark" });
  if (block[0] === 0 || block[1] === 0)
    throw createError("NOT_UTF8", { file, line: 1, hint: "zero bytes, looks like UTF-16" });
}

function notUtf8(block: Buffer, file: string, firstLine: number): Error {
  const at = firstInvalidByte(block);
  const byte = block[at] ?? 0;
  const encoding = byte < 0xa0 ? "Windows-1252" : "Latin-1";
  const guess = block.includes(0) ? "a binary file" : encoding;
  const hint = `byte 0x${byte.toString(16).toUpperCase()}, looks like ${guess}`;
  return createError("NOT_UTF8", { file, line: firstLine + countNewlines(block, at), hint });
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
