import { z } from "zod";
import { corruptFile, type ReadableFile } from "./checked-file.ts";
import { type FileDigest, writeDurably } from "./durable.ts";

/**
 * The safetensors format (huggingface/safetensors): the length of the header as u64, the header as JSON, then the
 * tensors without gaps, all little-endian. Spaces pad the header so that the tensors start at a multiple of 64 bytes.
 */
export type Tensor = { readonly name: string; readonly shape: readonly number[]; readonly stride?: number } & (
  | { readonly dtype: "F32"; readonly data: Float32Array }
  | { readonly dtype: "U32"; readonly data: Uint32Array }
  | StreamedTensor
);

interface StreamedTensor {
  readonly dtype: Dtype;
  /** As many bytes as the shape requires. Each chunk is consumed before the next is requested. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

const sizes = { F32: 4, U32: 4, U8: 1 };
type Dtype = keyof typeof sizes;

/** A tensor in a file; `begin` and `end` are bytes from the start of the file. */
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
const maxHeaderBytes = 1 << 20;
const metadataKey = "__metadata__";

/**
 * Writes tensors to a new file in the order given, and syncs it to disk.
 *
 * @param tensors `data` may be a view of shared memory; `stride` is the distance of its rows (the last dimension) in
 *   values. The file has no gaps between rows.
 */
export function writeSafetensors(
  path: string,
  tensors: readonly Tensor[],
  metadata?: Readonly<Record<string, string>>,
): Promise<FileDigest> {
  return writeDurably(path, safetensorsChunks(tensors, metadata));
}

/**
 * @returns the bytes of a safetensors file; a chunk is valid until the next one is requested
 * @throws RangeError immediately if data and shape of a tensor differ
 */
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

/** @param head at least the first nine bytes of a file: the length of the header and its first brace */
export function looksLikeSafetensors(head: Buffer): boolean {
  return (
    head.length >= lengthBytes + 1 && head[lengthBytes] === 0x7b && head.readBigUInt64LE() <= BigInt(maxHeaderBytes)
  );
}

/**
 * Reads the header; the file is then positioned at its first tensor.
 *
 * @returns the tensors in file order, without gap or overlap, and the metadata, `{}` if there is none
 * @throws MODEL_DAMAGED
 */
export async function readSafetensorsHeader(
  file: ReadableFile,
): Promise<{ tensors: TensorLocation[]; metadata: Readonly<Record<string, string>> }> {
  if (file.size < lengthBytes) throw corruptFile(file.name, "too short for a header");
  const length = new Uint8Array(lengthBytes);
  await file.read(length);
  const headerBytes = new DataView(length.buffer).getBigUint64(0, true);
  if (headerBytes > BigInt(Math.min(maxHeaderBytes, file.size - lengthBytes)))
    throw corruptFile(file.name, `invalid header length ${headerBytes}`);
  const header = new Uint8Array(Number(headerBytes));
  await file.read(header);
  const { [metadataKey]: metadata = {}, ...tensors } = parseJson(header, file.name);
  return { tensors: locateTensors(tensors, lengthBytes + header.length, file), metadata };
}

/**
 * Reads the header of a file that must have exactly these tensors.
 *
 * @param expected for example `input F32 [4, 2], output F32 [4, 2]`
 * @throws MODEL_DAMAGED
 */
export async function expectTensors(file: ReadableFile, expected: string): Promise<void> {
  const { tensors } = await readSafetensorsHeader(file);
  const actual = tensors.map(({ name, dtype, shape }) => `${name} ${dtype} [${shape.join(", ")}]`).join(", ");
  if (actual !== expected) throw corruptFile(file.name, `tensors ${actual} instead of ${expected}`);
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

function locateTensors(header: object, start: number, file: ReadableFile): TensorLocation[] {
  let position = start;
  const locations = parseTensors(header, file.name)
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
  for (const { name, dtype, shape, begin, end } of locations) {
    if (begin !== position)
      throw corruptFile(file.name, `tensor ${name} starts at byte ${begin} instead of ${position}`);
    if (end - begin !== count(shape) * sizes[dtype])
      throw corruptFile(file.name, `tensor ${name} has ${end - begin} bytes for shape [${shape.join(", ")}]`);
    position = end;
  }
  if (position !== file.size) throw corruptFile(file.name, `tensors end at byte ${position} of ${file.size}`);
  return locations;
}

function parseJson(header: Uint8Array, name: string): z.infer<typeof metadataSchema> {
  try {
    return metadataSchema.parse(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(header)));
  } catch (error) {
    throw corruptFile(name, "not a valid safetensors header", error);
  }
}

function parseTensors(header: object, name: string): [string, z.infer<typeof headerSchema>[string]][] {
  const { data, error } = headerSchema.safeParse(header);
  if (error) throw corruptFile(name, "not a valid safetensors header", error);
  return Object.entries(data);
}

function checkStride({ name, shape, data, stride = rowLength(shape) }: Exclude<Tensor, StreamedTensor>): void {
  const rows = count(shape) / rowLength(shape) || 0;
  if (stride < rowLength(shape) || data.length !== rows * stride) {
    throw new RangeError(
      `tensor ${name}: ${data.length} values with stride ${stride} do not match shape [${shape.join(", ")}]`,
    );
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
    throw new RangeError(`tensor ${name}: ${bytes} bytes do not match shape [${shape.join(", ")}]`);
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
