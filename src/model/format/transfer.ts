import { createIdIndex } from "../../corpus/id-index.ts";
import type { SongIds } from "../../corpus/song-ids.ts";
import { corruptFile } from "./checked-file.ts";
import { inspectModel, displayPath } from "./inspect.ts";
import { type Manifest, vectorsFile } from "./manifest.ts";
import { readVectors, streamSongs } from "./rows.ts";

export interface TransferTarget {
  /** [V, stride] */
  readonly input: Float32Array;
  /** [V, stride], or null to skip output vectors */
  readonly output: Float32Array | null;
  readonly stride: number;
}

/** Copies vectors of a stored model into the matrices of another model, for the songs of both. */
export interface Transfer {
  readonly manifest: Manifest;
  /** Number of songs in both models */
  readonly sharedSongs: number;
  /**
   * Copies the vectors of the shared songs; other rows, and `output` for a model without output vectors, stay
   * unchanged.
   * @throws MODEL_DAMAGED; some vectors may have been copied by then
   */
  copy(target: TransferTarget): Promise<void>;
}

const notInTarget = 0xffffffff;

/**
 * @param folder of the stored model
 * @param ids the songs of the target in row order
 * @param songIds how the target compares ids
 * @throws MODEL_NOT_FOUND, MODEL_DAMAGED
 */
export async function openTransfer(folder: string, ids: readonly string[], songIds: SongIds): Promise<Transfer> {
  const manifest = await inspectModel(folder);
  const targets = await targetRows(folder, manifest, ids, songIds);
  return {
    manifest,
    sharedSongs: targets.reduce((count, row) => (row === notInTarget ? count : count + 1), 0),
    async copy({ input, output, stride }) {
      const { vectorSize } = manifest;
      for await (const { matrix, first, vectors } of readVectors(folder, manifest, ["input", "output"])) {
        const target = matrix === "input" ? input : output;
        for (let i = 0; target && i * vectorSize < vectors.length; i++) {
          const row = targets[first + i] as number;
          if (row === notInTarget) continue;
          const vector = vectors.subarray(i * vectorSize, (i + 1) * vectorSize);
          if (!vector.every(Number.isFinite))
            throw corruptFile(displayPath(folder, vectorsFile), `the vector of row ${first + i} is not finite`);
          target.set(vector, row * stride);
        }
      }
    },
  };
}

/** @returns for each row of the model its row in the target, or `notInTarget` */
async function targetRows(
  folder: string,
  manifest: Manifest,
  ids: readonly string[],
  songIds: SongIds,
): Promise<Uint32Array> {
  const find = createIdIndex(ids, [songIds, manifest.songIds]);
  const targets = new Uint32Array(manifest.songs).fill(notInTarget);
  /** The row that is copied to each target: the one with the same id, else the first with another spelling. */
  const sources = new Map<number, number>();
  let row = 0;
  for await (const { id } of streamSongs(folder, manifest)) {
    const target = find(id);
    const earlier = target === undefined ? undefined : sources.get(target);
    if (target !== undefined && (earlier === undefined || ids[target] === id)) {
      if (earlier !== undefined) targets[earlier] = notInTarget;
      sources.set(target, row);
      targets[row] = target;
    }
    row++;
  }
  return targets;
}
