import { z } from "zod";
import { corruptFile, type ReadableFile } from "./checked-file.ts";
import { type FileDigest, writeDurably } from "./durable.ts";

/**
 * The safetensors format (huggingface/safetensors): the header's length as u64, the header as JSON, then the tensors
 * without gaps, all little-endian. The header is padded with spaces so that the tensors start 64-byte aligned.
 */
export type Tensor = { readonly name: string; readonly shape: readonly number[]; readonly stride?: number } & (
  | { readonly dtype: "F32"; readonly data: Float32Array }
  | { readonly dtype: "U32"; readonly data: Uint32Array }
  | StreamedTensor
);

interface StreamedTensor {
  readonly dtype: Dtype;
  /** Exactly the bytes of the shape; each is used before the next is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

const sizes = { F32: 4, U32: 4, U8: 1 };
type Dtype = keyof typeof sizes;

/** Where a tensor lies in its file, in bytes from the file's start. */
export interface TensorLocation {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const chunkBytes = 1 << 20;
const lengthBytes = 8;
const alignment = 64;
const largestHeader = 1 << 20;
const metadataKey = "__metadata__";

/**
 * Writes tensors to a new file in the order given, and fsyncs it.
 *
 * @param tensors data may view shared memory; `stride`, in values, is for rows (the last dimension) that lie further
 *   apart in `data` than they are long. The file holds the rows without what is between them.
 */
export function writeSafetensors(
  path: string,
  tensors: readonly Tensor[],
  metadata?: Readonly<Record<string, string>>,
): Promise<FileDigest> {
  return writeDurably(path, safetensorsChunks(tensors, metadata));
}

/** The bytes of a safetensors file; a chunk is only good until the next one is asked for. @throws RangeError at once */
export function safetensorsChunks(
  tensors: readonly Tensor[],
  metadata?: Readonly<Record<string, string>>,
): AsyncGenerator<Uint8Array> {
  const entries: [string, unknown][] = metadata ? [[metadataKey, metadata]] : [];
  let end = 0;
  for (const tensor of tensors) {
    if ("data" in tensor) checkStride(tensor);
    const { name, dtype, shape } = tensor;
    const begin = end;
    end += count(shape) * sizes[dtype];
    entries.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  return fileChunks(entries, tensors);
}

/** By the first nine bytes of a file: the length of a header, and its first brace. */
export function looksLikeSafetensors(head: Buffer): boolean {
  return (
    head.length >= lengthBytes + 1 && head[lengthBytes] === 0x7b && head.readBigUInt64LE() <= BigInt(largestHeader)
  );
}

/**
 * Reads the header, and leaves the file at its first tensor.
 *
 * @returns the tensors in the order of their bytes, which fill the rest of the file without gap or overlap, and the metadata, empty
 *   where there is none
 * @throws MODEL_DAMAGED with the file's name, whatever the bytes
 */
export async function readSafetensorsHeader(
  file: ReadableFile,
): Promise<{ tensors: TensorLocation[]; metadata: Readonly<Record<string, string>> }> {
  if (file.size < lengthBytes) throw corruptFile(file.name, "it is too short for a header");
  const length = new Uint8Array(lengthBytes);
  await file.read(length);
  const headerBytes = new DataView(length.buffer).getBigUint64(0, true);
  if (headerBytes > BigInt(Math.min(largestHeader, file.size - lengthBytes)))
    throw corruptFile(file.name, `a header of ${headerBytes} bytes`);
  const header = new Uint8Array(Number(headerBytes));
  await file.read(header);
  const { [metadataKey]: metadata = {}, ...tensors } = parseJson(header, file.name);
  return { tensors: tensorPlaces(tensors, lengthBytes + header.length, file), metadata };
}

/** Reads the header of a file that must have just these tensors: `input F32 [4, 2], output F32 [4, 2]`. @throws MODEL_DAMAGED with the file's name */
export async function expectTensors(file: ReadableFile, expected: string): Promise<void> {
  const { tensors } = await readSafetensorsHeader(file);
  const actual = tensors.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape.join(", ")}]`).join(", ");
  if (actual !== expected) throw corruptFile(file.name, `it has ${actual} and should have ${expected}`);
}

const offset = z.int().nonnegative();
const headerSchema = z.record(
  z.string(),
  z.strictObject({
    dtype: z.enum(["F32", "U32", "U8"]),
    shape: z.array(offset).max(8),
    data_offsets: z.tuple([offset, offset]),
  }),
);
const metadataSchema = z.looseObject({ [metadataKey]: z.record(z.string(), z.string()).optional() });

function tensorPlaces(header: object, start: number, file: ReadableFile): TensorLocation[] {
  let position = start;
  const places = parseTensors(header, file.name)
    .map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [begin, end],
        },
      ]) => ({ name, dtype, shape, begin: start + begin, end: start + end }),
    )
    .toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { name, dtype, shape, begin, end } of places) {
    if (begin !== position)
      throw corruptFile(file.name, `tensor ${name} starts at byte ${begin} instead of ${position}`);
    if (end - begin !== count(shape) * sizes[dtype])
      throw corruptFile(file.name, `tensor ${name} has ${end - begin} bytes for shape [${shape.join(", ")}]`);
    position = end;
  }
  if (position !== file.size) throw corruptFile(file.name, `its tensors end at byte ${position} of ${file.size}`);
  return places;
}

function parseJson(header: Uint8Array, name: string): z.infer<typeof metadataSchema> {
  try {
    return metadataSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header)));
  } catch (error) {
    throw corruptFile(name, "its header is not one of safetensors", error);
  }
}

function parseTensors(header: object, name: string): [string, z.infer<typeof headerSchema>[string]][] {
  const { data, error } = headerSchema.safeParse(header);
  if (error) throw corruptFile(name, "its header is not one of safetensors", error);
  return Object.entries(data);
}

function checkStride({ name, shape, data, stride = rowLength(shape) }: Exclude<Tensor, StreamedTensor>): void {
  const rows = count(shape) / rowLength(shape) || 0;
  if (stride < rowLength(shape) || data.length !== rows * stride) {
    throw new RangeError(`tensor ${name}: ${data.length} values with stride ${stride} are not [${shape.join(", ")}]`);
  }
}

async function* fileChunks(
  entries: readonly [string, unknown][],
  tensors: readonly Tensor[],
): AsyncGenerator<Uint8Array> {
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const tensorsStart = Math.ceil((lengthBytes + json.length) / alignment) * alignment;
  const head = new Uint8Array(tensorsStart).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(tensorsStart - lengthBytes), true);
  head.set(json, lengthBytes);
  yield head;
  for (const tensor of tensors) yield* "data" in tensor ? tensorChunks(tensor) : streamedChunks(tensor);
}

async function* streamedChunks({
  name,
  dtype,
  shape,
  chunks,
}: Extract<Tensor, StreamedTensor>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    yield chunk;
  }
  if (bytes !== count(shape) * sizes[dtype])
    throw new RangeError(`tensor ${name}: ${bytes} bytes are not [${shape.join(", ")}]`);
}

function* tensorChunks({
  shape,
  data,
  stride = rowLength(shape),
}: Exclude<Tensor, StreamedTensor>): Generator<Uint8Array> {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const rowBytes = rowLength(shape) * 4;
  const strideBytes = stride * 4;
  if (strideBytes === rowBytes) {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    return;
  }
  const packed = new Uint8Array(Math.max(rowBytes, chunkBytes - (chunkBytes % rowBytes)));
  let filled = 0;
  for (let at = 0; at < bytes.length; at += strideBytes) {
    packed.set(bytes.subarray(at, at + rowBytes), filled);
    filled += rowBytes;
    if (filled < packed.length) continue;
    yield packed;
    filled = 0;
  }
  if (filled > 0) yield packed.subarray(0, filled);
}

function rowLength(shape: readonly number[]): number {
  return shape.at(-1) ?? 1;
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
