import { createError } from "../../errors.ts";
import type { ByteReader } from "./byte-reader.ts";
import { maxNorm } from "../memory/quantise.ts";
import type { MatrixShape } from "./word2vec-format.ts";

export type Word2vecFormat = "word2vec-binary" | "word2vec-text";

/** A row as it stands in the file. */
export interface VectorRow {
  /** Where errors find it: "row 5", "line 6". */
  readonly location: string;
  readonly id: string;
  /** [vectorSize], finite, good until the next row. */
  readonly vector: Float32Array;
}

const [newline, blank] = [0x0a, 0x20];
/** What Python's rstrip takes off bytes. */
const blanks = Buffer.from(" \t\r\f\v");
const longestHeader = 1000;
const longestId = 1 << 16;
const longestNumber = 64;
const peekBytes = 1 << 16;
const largestVector = 4096;
const number = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;

/** @throws VECTORS_UNREADABLE where the first line does not say how many vectors of how many dimensions there are */
export async function readHeader(source: ByteReader, file: string): Promise<MatrixShape> {
  const line = (await source.readUntil(newline, longestHeader))?.toString("latin1") ?? "";
  const [, songs, vectorSize] = /^(\d{1,12}) (\d{1,6})\s*$/.exec(line) ?? [];
  const shape = { songs: Number(songs), vectorSize: Number(vectorSize) };
  if (!(shape.songs > 0 && shape.vectorSize > 0))
    throw vectorsUnreadable(
      file,
      "line 1",
      "a word2vec file starts with the number of vectors and of their dimensions",
    );
  if (shape.vectorSize > largestVector)
    throw vectorsUnreadable(
      file,
      "line 1",
      `vectors of ${shape.vectorSize} dimensions are more than the ${largestVector} that song2vec takes`,
    );
  return shape;
}

/** Text has numbers on the first line below the header, or as far as one can see; nothing is taken. */
export async function detectFormat(source: ByteReader, { vectorSize }: MatrixShape): Promise<Word2vecFormat> {
  const head = (await source.peek(peekBytes)).toString("latin1");
  const end = head.indexOf("\n");
  const whole = end >= 0 || head.length < peekBytes;
  const cells = (end < 0 ? head : head.slice(0, end)).trimEnd().split(" ");
  const values = whole ? cells.slice(-vectorSize) : cells.slice(-64, -1);
  const isText =
    (whole ? cells.length > vectorSize : values.length > 32) &&
    values.every((cell) => number.test(cell) || /^[+-]?(?:nan|inf(?:inity)?)$/i.test(cell));
  return isText ? "word2vec-text" : "word2vec-binary";
}

/**
 * The rows below the header, as many as it says.
 * @throws VECTORS_UNREADABLE with the row or line where they end too soon or go on, or one is not what it should be
 */
export async function* readVectorRows(
  source: ByteReader,
  format: Word2vecFormat,
  { songs, vectorSize }: MatrixShape,
  file: string,
): AsyncGenerator<VectorRow> {
  const read = format === "word2vec-text" ? readTextRow : readBinaryRow;
  const vector = new Float32Array(vectorSize);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let row = 1; row <= songs; row++) {
    const location = format === "word2vec-text" ? `line ${row + 1}` : `row ${row}`;
    const fail = (reason: string) => vectorsUnreadable(file, location, reason);
    if (await source.isAtEnd()) throw fail(`the file ends; its header promises ${songs} vectors`);
    const id = decode(decoder, await read(source, vector, fail), fail);
    if (id === "") throw fail("the id is empty");
    const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    if (!(length <= maxNorm)) throw fail("the vector is not finite, or too long to calculate with");
    yield { location, id, vector };
  }
  const rest = await source.read(longestHeader);
  if (rest.toString("latin1").trim() === "" && (await source.isAtEnd())) return;
  const hint = format === "word2vec-binary" ? "; a blank inside an id does that, which this format can not hold" : "";
  throw vectorsUnreadable(file, `after row ${songs}`, `the file goes on, and its header promises no more${hint}`);
}

type Fail = (reason: string) => Error;

async function readBinaryRow(source: ByteReader, vector: Float32Array, fail: Fail): Promise<Buffer> {
  while ((await source.peek(1))[0] === newline) await source.read(1);
  const id = await source.readUntil(blank, longestId);
  if (id === undefined) throw fail(`no blank ends its id within ${longestId} bytes`);
  const copy = Buffer.from(id);
  const bytes = await source.read(vector.byteLength);
  if (bytes.length < vector.byteLength) throw fail("the file ends inside the vector");
  new Uint8Array(vector.buffer).set(bytes);
  return copy;
}

/** The last values are the vector, so that blanks inside an id do no harm, which gensim writes but does not read. */
async function readTextRow(source: ByteReader, vector: Float32Array, fail: Fail): Promise<Buffer> {
  const line = await source.readUntil(newline, longestId + vector.length * longestNumber);
  if (line === undefined) throw fail("it is too long");
  let end = line.length;
  while (end > 0 && blanks.includes(line[end - 1] ?? 0)) end -= 1;
  const text = line.toString("latin1", 0, end);
  for (let i = vector.length - 1; i >= 0; i--) {
    const start = text.lastIndexOf(" ", end - 1);
    if (start < 0 || end < 0)
      throw fail(`it has ${vector.length - 1 - i} values after the id and should have ${vector.length}`);
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
    throw fail("the id is not UTF-8");
  }
}

/** An error that names the file and the location. */
export function vectorsUnreadable(file: string, location: string, reason: string): Error {
  return createError("VECTORS_UNREADABLE", { file, reason: `, ${location}: ${reason}` });
}
