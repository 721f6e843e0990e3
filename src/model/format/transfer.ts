import { corruptFile } from "./checked-file.ts";
import { inspectModel, displayPath } from "./inspect.ts";
import { type Manifest, vectorsFile } from "./manifest.ts";
import { readVectors, streamSongs } from "./rows.ts";

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
  readonly sharedSongs: number;
  /**
   * Copies the vectors of the songs that both have, and leaves the other rows alone: all of the output where the model
   * has no output vectors. @throws MODEL_DAMAGED with the file named; the matrices may then hold half of them
   */
  copy(target: TransferTarget): Promise<void>;
}

const elsewhere = 0xffffffff;

/**
 * @param ids the songs of the target in row order
 * @throws MODEL_NOT_FOUND, MODEL_DAMAGED with the file named
 */
export async function openTransfer(folder: string, ids: readonly string[]): Promise<Transfer> {
  const manifest = await inspectModel(folder);
  const targets = await targetRows(folder, manifest, ids);
  return {
    manifest,
    sharedSongs: targets.reduce((count, row) => (row === elsewhere ? count : count + 1), 0),
    async copy({ input, output, stride }) {
      const { vectorSize } = manifest;
      for await (const { matrix, first, vectors } of readVectors(folder, manifest, ["input", "output"])) {
        const target = matrix === "input" ? input : output;
        for (let i = 0; target && i * vectorSize < vectors.length; i++) {
          const row = targets[first + i] as number;
          if (row === elsewhere) continue;
          const vector = vectors.subarray(i * vectorSize, (i + 1) * vectorSize);
          if (!vector.every(Number.isFinite))
            throw corruptFile(displayPath(folder, vectorsFile), `the vector of row ${first + i} is not finite`);
          target.set(vector, row * stride);
        }
      }
    },
  };
}

/** For each row of the model its row in the target, or `elsewhere`. */
async function targetRows(folder: string, manifest: Manifest, ids: readonly string[]): Promise<Uint32Array> {
  const rows = new Map(ids.map((id, row) => [id, row]));
  const targets = new Uint32Array(manifest.songs);
  let row = 0;
  for await (const { id } of streamSongs(folder, manifest)) targets[row++] = rows.get(id) ?? elsewhere;
  return targets;
}
