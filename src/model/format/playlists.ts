import { type CheckedFile, corruptFile } from "./checked-file.ts";
import type { FileDigest } from "./durable.ts";
import { readSafetensorsHeader, writeSafetensors } from "./safetensors.ts";

/** P training playlists, concatenated. */
export interface StoredPlaylists {
  /** [P + 1] Playlist p is `rows[offsets[p]]` to `rows[offsets[p + 1] - 1]` */
  readonly offsets: Uint32Array;
  /** [plays] */
  readonly rows: Uint32Array;
  /** [P] Number of plays at the end of each playlist that were held out of training */
  readonly held: Uint32Array;
  /** [P] crc32 of each playlist's id */
  readonly keys: Uint32Array;
}

/** The strongest co-occurring songs of each song: those of song s are at `offsets[s]` to `offsets[s + 1] - 1`. */
export interface StoredCooccurrence {
  /** [V + 1] */
  readonly offsets: Uint32Array;
  /** [n] */
  readonly rows: Uint32Array;
  /** [n] Weighted number of times that they occur near the song */
  readonly near: Float32Array;
  /** [n] Weighted number of times that they occur after the song */
  readonly next: Float32Array;
}

export function writePlaylists(path: string, { offsets, rows, held, keys }: StoredPlaylists): Promise<FileDigest> {
  return writeSafetensors(
    path,
    Object.entries({ offsets, rows, held, keys }).map(([name, data]) => ({
      name,
      dtype: "U32",
      shape: [data.length],
      data,
    })),
  );
}

export function writeCooccurrence(
  path: string,
  { offsets, rows, near, next }: StoredCooccurrence,
): Promise<FileDigest> {
  return writeSafetensors(path, [
    ...Object.entries({ offsets, rows }).map(([name, data]) => ({
      name,
      dtype: "U32" as const,
      shape: [data.length],
      data,
    })),
    ...Object.entries({ near, next }).map(([name, data]) => ({
      name,
      dtype: "F32" as const,
      shape: [data.length],
      data,
    })),
  ]);
}

/** Names and types of the tensors of either file, each with one dimension. */
export const playlistTensors = { offsets: "U32", rows: "U32", held: "U32", keys: "U32" } as const;
export const cooccurrenceTensors = { offsets: "U32", rows: "U32", near: "F32", next: "F32" } as const;

/**
 * @param songs V
 * @throws MODEL_DAMAGED if offsets or rows are out of range
 */
export async function readPlaylists(file: CheckedFile, songs: number): Promise<StoredPlaylists> {
  return checkPlaylists(file, await readTensors(file, playlistTensors), songs);
}

/** @see readPlaylists */
export async function readCooccurrence(file: CheckedFile, songs: number): Promise<StoredCooccurrence> {
  return checkCooccurrence(file, await readTensors(file, cooccurrenceTensors), songs);
}

/** The 32-bit words of each tensor. */
type RawTensors<T> = Readonly<Record<keyof T, Uint32Array>>;
type NamedFile = Pick<CheckedFile, "name">;

/** @throws MODEL_DAMAGED if offsets or rows are out of range */
export function checkPlaylists(
  file: NamedFile,
  { offsets, rows, held, keys }: RawTensors<typeof playlistTensors>,
  songs: number,
): StoredPlaylists {
  checkOffsets(file, offsets, rows.length);
  checkRows(file, rows, songs);
  if (held.length !== offsets.length - 1 || keys.length !== held.length)
    throw corruptFile(file.name, "tensors of different lengths");
  for (let playlist = 0; playlist < held.length; playlist++)
    if ((held[playlist] ?? 0) > (offsets[playlist + 1] ?? 0) - (offsets[playlist] ?? 0))
      throw corruptFile(file.name, `more plays held out of playlist ${playlist} than it has`);
  return { offsets, rows, held, keys };
}

/** @throws MODEL_DAMAGED if offsets or rows are out of range, or a weight is negative or not finite */
export function checkCooccurrence(
  file: NamedFile,
  { offsets, rows, ...weights }: RawTensors<typeof cooccurrenceTensors>,
  songs: number,
): StoredCooccurrence {
  const [near, next] = [asFloats(weights.near), asFloats(weights.next)];
  checkOffsets(file, offsets, rows.length);
  checkRows(file, rows, songs);
  if (offsets.length !== songs + 1 || near.length !== rows.length || next.length !== rows.length)
    throw corruptFile(file.name, "tensors of different lengths");
  if (![near, next].every((values) => values.every((weight) => weight >= 0 && weight < Infinity)))
    throw corruptFile(file.name, "a weight is negative or not finite");
  return { offsets, rows, near, next };
}

/** Reads the tensors of a file, which must have exactly the expected ones. */
async function readTensors<N extends string>(
  file: CheckedFile,
  expected: Readonly<Record<N, "U32" | "F32">>,
): Promise<Record<N, Uint32Array>> {
  const { tensors } = await readSafetensorsHeader(file);
  const expectedTensors = Object.entries(expected)
    .map(([name, dtype]) => `${name} ${String(dtype)}`)
    .join(", ");
  const actual = tensors
    .map(({ name, dtype, shape }) =>
      shape.length === 1 ? `${name} ${dtype}` : `${name} of ${shape.length} dimensions`,
    )
    .join(", ");
  if (actual !== expectedTensors) throw corruptFile(file.name, `tensors ${actual} instead of ${expectedTensors}`);
  const arrays: [string, Uint32Array][] = [];
  for (const { name, begin, end } of tensors) {
    const words = new Uint32Array(new SharedArrayBuffer(end - begin));
    await file.read(new Uint8Array(words.buffer));
    arrays.push([name, words]);
  }
  file.verify();
  return Object.fromEntries(arrays) as Record<N, Uint32Array>;
}

function asFloats({ buffer }: Uint32Array): Float32Array {
  return new Float32Array(buffer);
}

function checkOffsets(file: NamedFile, offsets: Uint32Array, plays: number): void {
  const descent = offsets.findIndex((offset, i) => offset < (offsets[i - 1] ?? 0));
  if (offsets[0] !== 0 || offsets.at(-1) !== plays || descent > 0) throw corruptFile(file.name, "invalid offsets");
}

function checkRows(file: NamedFile, rows: Uint32Array, songs: number): void {
  const invalid = rows.find((row) => row >= songs);
  if (invalid !== undefined) throw corruptFile(file.name, `row ${invalid} does not exist`);
}
