import { createError } from "../../errors.ts";
import { describeStart } from "./file-start.ts";
import type { ByteReader } from "./byte-reader.ts";
import { maxNorm } from "../memory/quantise.ts";
import type { MatrixShape } from "./word2vec-format.ts";

export type Word2vecFormat = "word2vec-binary" | "word2vec-text";

/** A row of a word2vec file. */
export interface VectorRow {
  /** The location in errors: "row 5", "line 6" */
  readonly location: string;
  readonly id: string;
  /** [vectorSize], finite; valid until the next row */
  readonly vector: Float32Array;
}

const [newline, space] = [0x0a, 0x20];
const byteOrderMark = Buffer.from("\ufeff");
/** The bytes that rstrip of Python removes. */
const trailingWhitespace = Buffer.from(" \t\r\f\v");
const maxHeaderBytes = 1000;
const maxIdBytes = 1 << 16;
const maxNumberLength = 64;
const peekBytes = 1 << 16;
const maxVectorSize = 4096;
const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
/** What is meant as a number. */
const nearlyNumber = /^[+-]?(?:(?=[.,]*\d)[\d.,]+(?:e[+-]?\d+)?|nan|inf(?:inity)?)$/i;
/** Bytes that text does not have, in Latin-1. */
const control = /(?![\t\n\v\f\r\x7f-\x9f])\p{Cc}/u;

export async function skipByteOrderMark(reader: ByteReader): Promise<void> {
  if ((await reader.peek(byteOrderMark.length)).equals(byteOrderMark)) await reader.read(byteOrderMark.length);
}

/** Reads the first line: the number of vectors and their dimensions. @throws VECTORS_UNREADABLE */
export async function readHeader(reader: ByteReader, file: string): Promise<MatrixShape> {
  await skipByteOrderMark(reader);
  const head = (await reader.peek(peekBytes)).toString("latin1");
  const line = (await reader.readUntil(newline, maxHeaderBytes))?.toString("latin1") ?? "";
  const [, songs, vectorSize] = /^\s*(\d{1,12})[ \t]+(\d{1,6})\s*$/.exec(line) ?? [];
  const shape = { songs: Number(songs), vectorSize: Number(vectorSize) };
  if (!(shape.songs > 0 && shape.vectorSize > 0))
    throw vectorsUnreadable(
      file,
      "line 1",
      `expected the number of vectors and their dimensions; ${describeStart(head)}`,
    );
  if (shape.vectorSize > maxVectorSize)
    throw vectorsUnreadable(
      file,
      "line 1",
      `vectors of ${shape.vectorSize} dimensions exceed the maximum of ${maxVectorSize}`,
    );
  return shape;
}

/**
 * Detects text by the content below the header, as far as it is buffered. Consumes nothing. Text is what has numbers on
 * its first line, and other content without control characters, unless it may be the vectors of a binary file.
 */
export async function detectFormat(reader: ByteReader, shape: MatrixShape): Promise<Word2vecFormat> {
  const head = (await reader.peek(peekBytes)).toString("latin1");
  const { vectorSize } = shape;
  const isComplete = head.length < peekBytes;
  const end = head.indexOf("\n");
  const complete = end < 0 && !isComplete ? head.slice(0, head.lastIndexOf(" ")) : head;
  const lines = complete.split("\n").map((line) => line.trimEnd().split(/[ \t]/).slice(1));
  const isNumeric = (cells: readonly string[]) => cells.length > 0 && cells.every((cell) => nearlyNumber.test(cell));
  const values = lines[0]?.slice(-vectorSize) ?? [];
  if (values.length > Math.min(32, vectorSize - 1) && isNumeric(values)) return "word2vec-text";
  const mayBeBinary = control.test(head) || (isComplete && !lines.some(isNumeric) && isBinary(head, shape));
  return mayBeBinary ? "word2vec-binary" : "word2vec-text";
}

/** Whether a complete file below the header has the length of binary rows. @param text in Latin-1 */
function isBinary(text: string, { songs, vectorSize }: MatrixShape): boolean {
  let at = 0;
  for (let row = 0; row < songs && at >= 0; row++) {
    while (text[at] === "\n") at++;
    const end = text.indexOf(" ", at);
    at = end < 0 ? -1 : end + 1 + 4 * vectorSize;
  }
  return at >= 0 && at <= text.length && text.slice(at).trim() === "";
}

/**
 * Reads the rows below the header.
 *
 * @throws VECTORS_UNREADABLE with the row or line, if a row is invalid or their number differs from the header
 */
export async function* readVectorRows(
  reader: ByteReader,
  format: Word2vecFormat,
  { songs, vectorSize }: MatrixShape,
  file: string,
): AsyncGenerator<VectorRow> {
  const isText = format === "word2vec-text";
  const separator = isText ? await findSeparator(reader) : " ";
  const readRow = isText ? readTextRow : readBinaryRow;
  const vector = new Float32Array(vectorSize);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let row = 1; row <= songs; row++) {
    const location = isText ? `line ${row + 1}` : `row ${row}`;
    const fail = (reason: string) => vectorsUnreadable(file, location, reason);
    if (await reader.isAtEnd()) throw fail(`unexpected end; the header announces ${songs} vectors`);
    const id = decode(decoder, await readRow(reader, vector, fail, separator), fail);
    if (id === "") throw fail("empty id");
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    if (!(length <= maxNorm)) throw fail("the vector is not finite, or longer than 1e18");
    yield { location, id, vector };
  }
  const rest = await reader.read(maxHeaderBytes);
  if (rest.toString("latin1").trim() === "" && (await reader.isAtEnd())) return;
  if (isText) throw vectorsUnreadable(file, `line ${songs + 2}`, `more than the ${songs} vectors of the header`);
  const reason = "unexpected data after the last vector. Ids with spaces are not supported in this format";
  throw vectorsUnreadable(file, `after row ${songs}`, reason);
}

type Fail = (reason: string) => Error;

async function readBinaryRow(reader: ByteReader, vector: Float32Array, fail: Fail): Promise<Buffer> {
  while ((await reader.peek(1))[0] === newline) await reader.read(1);
  const id = await reader.readUntil(space, maxIdBytes);
  if (id === undefined) throw fail(`id longer than ${maxIdBytes} bytes`);
  const copy = Buffer.from(id);
  const bytes = await reader.read(vector.byteLength);
  if (bytes.length < vector.byteLength) throw fail("unexpected end inside the vector");
  new Uint8Array(vector.buffer).set(bytes);
  return copy;
}

/** Reads the vector from the end of the line, because gensim writes ids with spaces unescaped. */
async function readTextRow(reader: ByteReader, vector: Float32Array, fail: Fail, separator: string): Promise<Buffer> {
  const line = await reader.readUntil(newline, maxIdBytes + vector.length * maxNumberLength);
  if (line === undefined) throw fail("line too long");
  let end = line.length;
  while (end > 0 && trailingWhitespace.includes(line[end - 1] ?? 0)) end -= 1;
  const text = line.toString("latin1", 0, end);
  for (let i = vector.length - 1; i >= 0; i--) {
    const start = text.lastIndexOf(separator, end - 1);
    if (start < 0 || end < 0) throw fail(`${vector.length - 1 - i} values after the id instead of ${vector.length}`);
    const cell = text.slice(start + 1, end);
    if (!number.test(cell)) throw fail(describeCell(cell));
    vector[i] = Number(cell);
    end = start;
  }
  const id = text.slice(0, end);
  if (id.includes(separator)) checkId(id.split(separator), vector.length, fail);
  return Buffer.from(id, "latin1");
}

/** An id may have blanks, but a value more than the header announces would become part of the id. */
function checkId(parts: readonly string[], vectorSize: number, fail: Fail): void {
  const last = parts.at(-1) ?? "";
  const isValue = number.test(last) && (/[.e]/i.test(last) || parts.every((part) => number.test(part)));
  if (!isValue) return;
  const values = vectorSize + parts.toReversed().findIndex((part, i) => i + 1 === parts.length || !number.test(part));
  throw fail(`${values} values after the id instead of ${vectorSize}. Blanks of an id can be written as %20`);
}

function describeCell(cell: string): string {
  const advice = /^[+-]?\d*,\d+$/.test(cell) ? ". Write decimals with a point" : "";
  return `${JSON.stringify(cell.slice(0, 40))} is not a finite number${advice}`;
}

/** Tabs separate the values if the first line has any. */
async function findSeparator(reader: ByteReader): Promise<string> {
  const head = (await reader.peek(peekBytes)).toString("latin1");
  const [line = ""] = head.split("\n", 1);
  return /\t[^ \t]+\s*$/.test(line) ? "\t" : " ";
}

function decode(decoder: TextDecoder, id: Buffer, fail: Fail): string {
  try {
    return decoder.decode(id);
  } catch {
    throw fail("id is not UTF-8");
  }
}

/** @returns VECTORS_UNREADABLE with the file and the location */
export function vectorsUnreadable(file: string, location: string, reason: string): Error {
  return createError("VECTORS_UNREADABLE", { file, reason: `, ${location}: ${reason}` });
}
