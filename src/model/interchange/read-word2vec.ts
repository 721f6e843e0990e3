import { createError } from "../../errors.ts";
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
/** The bytes that rstrip of Python removes. */
const trailingWhitespace = Buffer.from(" \t\r\f\v");
const maxHeaderBytes = 1000;
const maxIdBytes = 1 << 16;
const maxNumberLength = 64;
const peekBytes = 1 << 16;
const maxVectorSize = 4096;
const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** Reads the first line: the number of vectors and their dimensions. @throws VECTORS_UNREADABLE */
export async function readHeader(reader: ByteReader, file: string): Promise<MatrixShape> {
  const line = (await reader.readUntil(newline, maxHeaderBytes))?.toString("latin1") ?? "";
  const [, songs, vectorSize] = /^(\d{1,12}) (\d{1,6})\s*$/.exec(line) ?? [];
  const shape = { songs: Number(songs), vectorSize: Number(vectorSize) };
  if (!(shape.songs > 0 && shape.vectorSize > 0))
    throw vectorsUnreadable(file, "line 1", "expected the number of vectors and their dimensions");
  if (shape.vectorSize > maxVectorSize)
    throw vectorsUnreadable(
      file,
      "line 1",
      `vectors of ${shape.vectorSize} dimensions exceed the maximum of ${maxVectorSize}`,
    );
  return shape;
}

/** Detects text by numbers on the first line below the header, as far as it is buffered. Consumes nothing. */
export async function detectFormat(reader: ByteReader, { vectorSize }: MatrixShape): Promise<Word2vecFormat> {
  const head = (await reader.peek(peekBytes)).toString("latin1");
  const end = head.indexOf("\n");
  const isComplete = end >= 0 || head.length < peekBytes;
  const cells = (end < 0 ? head : head.slice(0, end)).trimEnd().split(" ");
  const values = isComplete ? cells.slice(-vectorSize) : cells.slice(-64, -1);
  const isText =
    (isComplete ? cells.length > vectorSize : values.length > 32) &&
    values.every((cell) => number.test(cell) || /^[+-]?(?:nan|inf(?:inity)?)$/i.test(cell));
  return isText ? "word2vec-text" : "word2vec-binary";
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
  const readRow = format === "word2vec-text" ? readTextRow : readBinaryRow;
  const vector = new Float32Array(vectorSize);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let row = 1; row <= songs; row++) {
    const location = format === "word2vec-text" ? `line ${row + 1}` : `row ${row}`;
    const fail = (reason: string) => vectorsUnreadable(file, location, reason);
    if (await reader.isAtEnd()) throw fail(`unexpected end; the header announces ${songs} vectors`);
    const id = decode(decoder, await readRow(reader, vector, fail), fail);
    if (id === "") throw fail("empty id");
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    if (!(length <= maxNorm)) throw fail("the vector is not finite, or longer than 1e18");
    yield { location, id, vector };
  }
  const rest = await reader.read(maxHeaderBytes);
  if (rest.toString("latin1").trim() === "" && (await reader.isAtEnd())) return;
  const hint = format === "word2vec-binary" ? ". Ids with spaces are not supported in this format" : "";
  throw vectorsUnreadable(file, `after row ${songs}`, `unexpected data after the last vector${hint}`);
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
async function readTextRow(reader: ByteReader, vector: Float32Array, fail: Fail): Promise<Buffer> {
  const line = await reader.readUntil(newline, maxIdBytes + vector.length * maxNumberLength);
  if (line === undefined) throw fail("line too long");
  let end = line.length;
  while (end > 0 && trailingWhitespace.includes(line[end - 1] ?? 0)) end -= 1;
  const text = line.toString("latin1", 0, end);
  for (let i = vector.length - 1; i >= 0; i--) {
    const start = text.lastIndexOf(" ", end - 1);
    if (start < 0 || end < 0) throw fail(`${vector.length - 1 - i} values after the id instead of ${vector.length}`);
    const cell = text.slice(start + 1, end);
    if (!number.test(cell)) throw fail(`${JSON.stringify(cell.slice(0, 40))} is not a finite number`);
    vector[i] = Number(cell);
    end = start;
  }
  return Buffer.from(text.slice(0, end), "latin1");
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
