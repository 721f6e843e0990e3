import { z } from 'zod';
import { type CheckedFile, damaged } from './checked-file.ts';
import { type FileDigest, writeDurably } from './durable.ts';

/**
 * The safetensors format (huggingface/safetensors): the header's length as u64, the header as JSON, then the tensors
 * without gaps, all little-endian. The header is padded with spaces so that the tensors start 64-byte aligned.
 */
export type Tensor = { readonly name: string; readonly shape: readonly number[]; readonly stride?: number } & (
  | { readonly dtype: 'F32'; readonly data: Float32Array }
  | { readonly dtype: 'U32'; readonly data: Uint32Array }
);

/** Where a tensor lies in its file, in bytes from the file's start. */
export interface TensorPlace {
  readonly name: string;
  readonly dtype: 'F32' | 'U32';
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

const chunkBytes = 1 << 20;
const lengthBytes = 8;
const alignment = 64;
const largestHeader = 1 << 20;
const metadataKey = '__metadata__';

/**
 * Writes tensors to a new file in the order given, and fsyncs it.
 *
 * @param tensors data may view shared memory; `stride`, in values, is for rows (the last dimension) that lie further
 *   apart in `data` than they are long. The file holds the rows without what is between them.
 */
export function writeSafetensors(path: string, tensors: readonly Tensor[], metadata?: Readonly<Record<string, string>>): Promise<FileDigest> {
  const entries: [string, unknown][] = metadata ? [[metadataKey, metadata]] : [];
  let end = 0;
  for (const { name, dtype, shape, data, stride = rowLength(shape) } of tensors) {
    const rows = count(shape) / rowLength(shape) || 0;
    if (stride < rowLength(shape) || data.length !== rows * stride) {
      throw new RangeError(`tensor ${name}: ${data.length} values with stride ${stride} are not [${shape.join(', ')}]`);
    }
    const begin = end;
    end += count(shape) * 4;
    entries.push([name, { dtype, shape, data_offsets: [begin, end] }]);
  }
  return writeDurably(path, fileChunks(entries, tensors));
}

/**
 * Reads the header, and leaves the file at its first tensor.
 *
 * @returns the tensors in the order of their bytes, which fill the rest of the file without gap or overlap
 * @throws MODEL_DAMAGED with the file's name, whatever the bytes
 */
export async function readSafetensorsHeader(file: CheckedFile): Promise<TensorPlace[]> {
  if (file.size < lengthBytes) throw damaged(file.name, 'it is too short for a header');
  const length = new Uint8Array(lengthBytes);
  await file.read(length);
  const headerBytes = new DataView(length.buffer).getBigUint64(0, true);
  if (headerBytes > BigInt(Math.min(largestHeader, file.size - lengthBytes))) throw damaged(file.name, `a header of ${headerBytes} bytes`);
  const header = new Uint8Array(Number(headerBytes));
  await file.read(header);
  return tensorPlaces(header, file);
}

const offset = z.int().nonnegative();
const headerSchema = z.record(
  z.string(),
  z.strictObject({ dtype: z.enum(['F32', 'U32']), shape: z.array(offset).max(8), data_offsets: z.tuple([offset, offset]) }),
);
const metadataSchema = z.looseObject({ [metadataKey]: z.record(z.string(), z.string()).optional() });

function tensorPlaces(header: Uint8Array, file: CheckedFile): TensorPlace[] {
  const start = lengthBytes + header.length;
  let position = start;
  const places = parseHeader(header, file.name)
    .map(([name, { dtype, shape, data_offsets: [begin, end] }]) => ({ name, dtype, shape, begin: start + begin, end: start + end }))
    .toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  for (const { name, shape, begin, end } of places) {
    if (begin !== position) throw damaged(file.name, `tensor ${name} starts at byte ${begin} instead of ${position}`);
    if (end - begin !== count(shape) * 4) throw damaged(file.name, `tensor ${name} has ${end - begin} bytes for shape [${shape.join(', ')}]`);
    position = end;
  }
  if (position !== file.size) throw damaged(file.name, `its tensors end at byte ${position} of ${file.size}`);
  return places;
}

function parseHeader(header: Uint8Array, name: string): [string, z.infer<typeof headerSchema>[string]][] {
  try {
    const { [metadataKey]: _, ...tensors } = metadataSchema.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header)));
    return Object.entries(headerSchema.parse(tensors));
  } catch (error) {
    throw damaged(name, 'its header is not one of safetensors', error);
  }
}

function* fileChunks(entries: readonly [string, unknown][], tensors: readonly Tensor[]): Generator<Uint8Array> {
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const tensorsStart = Math.ceil((lengthBytes + json.length) / alignment) * alignment;
  const head = new Uint8Array(tensorsStart).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(tensorsStart - lengthBytes), true);
  head.set(json, lengthBytes);
  yield head;
  for (const tensor of tensors) yield* tensorChunks(tensor);
}

function* tensorChunks({ shape, data, stride = rowLength(shape) }: Tensor): Generator<Uint8Array> {
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
