import type { FileDigest } from "./durable.ts";
import type { NextSongShape } from "./manifest.ts";
import { writeSafetensors } from "./safetensors.ts";

/** Vectors that predict the next song of a playlist. */
export interface StoredNextSongs {
  /** [V, size] Their lengths matter in queries; candidates are compared by cosine. Or chunks of the bytes. */
  readonly vectors: Float32Array | AsyncIterable<Uint8Array>;
  /** Dimensions, a multiple of 16. */
  readonly size: number;
  /** [K] Weight of the song that is n plays before the last one. Older songs do not count. */
  readonly positions: Float32Array;
}

/** @param songs V */
export function writeNextSongs(
  path: string,
  { vectors, size, positions }: StoredNextSongs,
  songs: number,
): Promise<FileDigest> {
  const matrix = { name: "vectors", dtype: "F32" as const, shape: [songs, size] };
  return writeSafetensors(path, [
    vectors instanceof Float32Array ? { ...matrix, data: vectors } : { ...matrix, chunks: vectors },
    { name: "positions", dtype: "F32", shape: [positions.length], data: positions },
  ]);
}

/** Shapes of the tensors, for `expectTensors`. @param songs V */
export function nextSongTensors(songs: number, { size, positions }: NextSongShape): string {
  return `vectors F32 [${songs}, ${size}], positions F32 [${positions}]`;
}
