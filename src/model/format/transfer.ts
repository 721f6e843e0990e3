import { join } from "node:path";
import { type CheckedFile, damaged, openChecked } from "./checked-file.ts";
import { inspectModel, nameIn } from "./inspect.ts";
import { type Manifest, songsFile, vectorsFile } from "./manifest.ts";
import { createPace } from "../pace.ts";
import { readVectorsHeader } from "../loading/read.ts";
import { songsIn } from "./songs.ts";

export interface TransferTarget {
  /** [V, stride] */
  readonly input: Float32Array;
  /** [V, stride], or null where output vectors are not wanted. */
  readonly output: Float32Array | null;
  readonly stride: number;
}

/** The vectors of a model on the disk, on their way into the matrices of another one with its own songs. */
export interface Transfer {
  readonly manifest: Manifest;
  /** How many songs both have. */
  readonly known: number;
  /**
   * Copies the vectors of the songs that both have, and leaves the other rows alone: all of the output where the model
   * has no output vectors. Never holds more than a megabyte
   * of them besides. @throws MODEL_DAMAGED with the file named; the matrices may then hold half of them
   */
  copy(target: TransferTarget): Promise<void>;
}

const elsewhere = 0xffffffff;
const chunkBytes = 1 << 20;
/** A trainer has no one to let go first. */
const pace = createPace(Number.POSITIVE_INFINITY);

/**
 * @param ids the songs of the target in row order
 * @throws MODEL_NOT_FOUND, MODEL_DAMAGED with the file named
 */
export async function openTransfer(folder: string, ids: readonly string[]): Promise<Transfer> {
  const manifest = await inspectModel(folder);
  const { songs, vectorSize, outputVectors } = manifest;
  const open = (file: typeof songsFile | typeof vectorsFile) =>
    openChecked(join(folder, file), nameIn(folder, file), manifest.files[file], pace);
  const targets = await targetRows(() => open(songsFile), songs, ids);
  return {
    manifest,
    known: targets.reduce((count, row) => (row === elsewhere ? count : count + 1), 0),
    async copy({ input, output, stride }) {
      await using file = await open(vectorsFile);
      await readVectorsHeader(file, manifest);
      await copyRows(file, targets, vectorSize, input, stride);
      if (outputVectors) await copyRows(file, targets, vectorSize, output, stride);
      file.verify();
    },
  };
}

/** For each row of the model its row in the target, or `elsewhere`. */
async function targetRows(
  openSongs: () => Promise<CheckedFile>,
  songs: number,
  ids: readonly string[],
): Promise<Uint32Array> {
  const rows = new Map(ids.map((id, row) => [id, row]));
  const targets = new Uint32Array(songs);
  await using file = await openSongs();
  let row = 0;
  for await (const { id } of songsIn(file, songs)) targets[row++] = rows.get(id) ?? elsewhere;
  return targets;
}

async function copyRows(
  file: CheckedFile,
  targets: Uint32Array,
  vectorSize: number,
  matrix: Float32Array | null,
  stride: number,
): Promise<void> {
  const rowsAtOnce = Math.max(1, Math.floor(chunkBytes / (vectorSize * 4)));
  const chunk = new Float32Array(rowsAtOnce * vectorSize);
  for (let first = 0; first < targets.length; first += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, targets.length - first);
    const vectors = chunk.subarray(0, rows * vectorSize);
    await file.read(new Uint8Array(vectors.buffer, 0, vectors.byteLength));
    for (let i = 0; matrix && i < rows; i++) {
      const target = targets[first + i] as number;
      if (target === elsewhere) continue;
      const vector = vectors.subarray(i * vectorSize, (i + 1) * vectorSize);
      if (!vector.every(Number.isFinite)) throw damaged(file.name, `the vector of row ${first + i} is not finite`);
      matrix.set(vector, target * stride);
    }
  }
}
