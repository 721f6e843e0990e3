import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Huffman } from "../../../src/word2vec/huffman.ts";

/** Vectors of a training; matrices are [V, vectorSize] without padding. */
export interface Vectors {
  readonly vectorSize: number;
  readonly input: Float32Array;
  /** Vectors of songs, or of inner nodes with hierarchical softmax. */
  readonly output: Float32Array;
  /** Only with hierarchical softmax. */
  readonly huffman?: Huffman;
}

/** Reads a folder with raw `input.f32` and `output.f32`, and with hierarchical softmax `paths.u32` and `nodes.u32`. */
export function readVectors(folder: string, vectorSize: number): Vectors {
  const bytes = (name: string) => new Uint8Array(readFileSync(join(folder, name))).buffer;
  const matrices = {
    vectorSize,
    input: new Float32Array(bytes("input.f32")),
    output: new Float32Array(bytes("output.f32")),
  };
  if (!existsSync(join(folder, "paths.u32"))) return matrices;
  return {
    ...matrices,
    huffman: { paths: new Uint32Array(bytes("paths.u32")), nodes: new Uint32Array(bytes("nodes.u32")) },
  };
}

export function writeVectors(folder: string, { input, output, huffman }: Vectors): void {
  writeFileSync(join(folder, "input.f32"), input);
  writeFileSync(join(folder, "output.f32"), output);
  if (!huffman) return;
  writeFileSync(join(folder, "paths.u32"), huffman.paths);
  writeFileSync(join(folder, "nodes.u32"), huffman.nodes);
}
