import { type CheckedFile, corruptFile } from "./checked-file.ts";
import type { FileDigest } from "./durable.ts";
import { readSafetensorsHeader, writeSafetensors } from "./safetensors.ts";

/** The training playlists, P of them one after the other. */
export interface StoredPlaylists {
  /** [P + 1] */
  readonly offsets: Uint32Array;
  /** [plays] */
  readonly rows: Uint32Array;
  /** How many plays at the end of each were held out of training [P] */
  readonly held: Uint32Array;
  /** The crc32 of each playlist's id [P] */
  readonly keys: Uint32Array;
}

/** For each song its strongest companions: those of song s are at `offsets[s]` to `offsets[s + 1] - 1`. */
export interface StoredCooccurrence {
  /** [V + 1] */
  readonly offsets: Uint32Array;
  /** [n] */
  readonly rows: Uint32Array;
  /** [n] */
  readonly near: Float32Array;
  /** [n] */
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

/** The tensors of either, each with one dimension. */
export const playlistTensors = { offsets: "U32", rows: "U32", held: "U32", keys: "U32" } as const;
export const cooccurrenceTensors = { offsets: "U32", rows: "U32", near: "F32", next: "F32" } as const;

/**
 * @param songs V
 * @throws MODEL_DAMAGED with the file named where anything points to nowhere
 */
export async function readPlaylists(file: CheckedFile, songs: number): Promise<StoredPlaylists> {
  return checkPlaylists(file, await readTensors(file, playlistTensors), songs);
}

/** The same for companions. */
export async function readCooccurrence(file: CheckedFile, songs: number): Promise<StoredCooccurrence> {
  return checkCooccurrence(file, await readTensors(file, cooccurrenceTensors), songs);
}

type Words<T> = Readonly<Record<keyof T, Uint32Array>>;
type Named = Pick<CheckedFile, "name">;

/** @throws MODEL_DAMAGED with the file named where anything points to nowhere */
export function checkPlaylists(
  file: Named,
  { offsets, rows, held, keys }: Words<typeof playlistTensors>,
  songs: number,
): StoredPlaylists {
  checkOffsets(file, offsets, rows.length);
  checkRows(file, rows, songs);
  if (held.length !== offsets.length - 1 || keys.length !== held.length)
    throw corruptFile(file.name, "its tensors do not fit each other");
  for (let playlist = 0; playlist < held.length; playlist++)
    if ((held[playlist] ?? 0) > (offsets[playlist + 1] ?? 0) - (offsets[playlist] ?? 0))
      throw corruptFile(file.name, `playlist ${playlist} is shorter than what is held out of it`);
  return { offsets, rows, held, keys };
}

/** @throws MODEL_DAMAGED with the file named where anything points to nowhere, or is no weight */
export function checkCooccurrence(
  file: Named,
  { offsets, rows, ...weights }: Words<typeof cooccurrenceTensors>,
  songs: number,
): StoredCooccurrence {
  const [near, next] = [asFloats(weights.near), asFloats(weights.next)];
  checkOffsets(file, offsets, rows.length);
  checkRows(file, rows, songs);
  if (offsets.length !== songs + 1 || near.length !== rows.length || next.length !== rows.length)
    throw corruptFile(file.name, "its tensors do not fit each other");
  if (![near, next].every((values) => values.every((weight) => weight >= 0 && weight < Infinity)))
    throw corruptFile(file.name, "a weight is not a number from 0");
  return { offsets, rows, near, next };
}

/** The tensors of a file that must have just these. */
async function readTensors<N extends string>(
  file: CheckedFile,
  expected: Readonly<Record<N, "U32" | "F32">>,
): Promise<Record<N, Uint32Array>> {
  const { tensors } = await readSafetensorsHeader(file);
  const wanted = Object.entries(expected)
    .map(([name, dtype]) => `${name} ${String(dtype)}`)
    .join(", ");
  const actual = tensors
    .map(({ name, dtype, shape }) =>
      shape.length === 1 ? `${name} ${dtype}` : `${name} of ${shape.length} dimensions`,
    )
    .join(", ");
  if (actual !== wanted) throw corruptFile(file.name, `it has ${actual} and should have ${wanted}`);
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

function checkOffsets(file: Named, offsets: Uint32Array, plays: number): void {
  const falls = offsets.findIndex((offset, i) => offset < (offsets[i - 1] ?? 0));
  if (offsets[0] !== 0 || offsets.at(-1) !== plays || falls > 0)
    throw corruptFile(file.name, "its offsets do not divide its rows");
}

function checkRows(file: Named, rows: Uint32Array, songs: number): void {
  const stray = rows.find((row) => row >= songs);
  if (stray !== undefined) throw corruptFile(file.name, `there is no row ${stray}`);
}
