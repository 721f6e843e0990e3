import { type CheckedFile, corruptFile } from "./checked-file.ts";
import type { FileDigest } from "./durable.ts";
import { expectTensors, writeSafetensors } from "./safetensors.ts";

/** An HNSW index of V songs, see recommend/vectors/assembly/graph.ts. */
export interface Graph {
  /** [V, linksPerSong] Rows that each song links to, padded with `noLink`. */
  readonly links: Uint32Array;
  /** [Σ ⌊V / 16^l⌋, linksPerSong] Links of the upper layers, lowest first. Layer l has every 16^l-th row. */
  readonly upper: Uint32Array;
  /** [1] The entry point, a row of the top layer. */
  readonly entry: Uint32Array;
}

export const noLink = 0xffffffff;
const layerShift = 4;

/** @returns the number of songs of each upper layer, lowest first; none for fewer than 16 songs */
export function layerSizes(songs: number): number[] {
  const layers: number[] = [];
  for (let size = Math.floor(songs / 16); size > 0; size = Math.floor(size / 16)) layers.push(size);
  return layers;
}

/** @returns the number of songs of all upper layers together */
export function upperLayersSize(songs: number): number {
  return layerSizes(songs).reduce((sum, size) => sum + size, 0);
}

/** @returns the index of a row in a layer; layer 0 has all rows */
export function indexInLayer(layer: number, row: number): number {
  return row >>> (layer * layerShift);
}

export function writeGraph(path: string, { links, upper, entry }: Graph, songs: number): Promise<FileDigest> {
  const linksPerSong = links.length / songs;
  return writeSafetensors(path, [
    { name: "links", dtype: "U32", shape: [songs, linksPerSong], data: links },
    { name: "upper", dtype: "U32", shape: [upper.length / linksPerSong, linksPerSong], data: upper },
    { name: "entry", dtype: "U32", shape: [1], data: entry },
  ]);
}

/**
 * Reads an index into preallocated arrays.
 *
 * @throws MODEL_DAMAGED if the shapes differ or a link has an invalid row
 */
export async function readGraph(file: CheckedFile, { links, upper, entry }: Graph, songs: number): Promise<void> {
  const linksPerSong = links.length / songs;
  await expectTensors(
    file,
    `links U32 [${songs}, ${linksPerSong}], upper U32 [${upper.length / linksPerSong}, ${linksPerSong}], entry U32 [1]`,
  );
  for (const { buffer, byteOffset, byteLength } of [links, upper, entry])
    await file.read(new Uint8Array(buffer, byteOffset, byteLength));
  file.verify();
  checkLinks(file.name, links, songs);
  let start = 0;
  for (const [i, size] of layerSizes(songs).entries()) {
    checkLinks(file.name, upper.subarray(start * linksPerSong, (start + size) * linksPerSong), rowLimit(i + 1, size));
    start += size;
  }
  const [row = noLink] = entry;
  const top = layerSizes(songs).length;
  if (row >= rowLimit(top, layerSizes(songs).at(-1) ?? songs))
    throw corruptFile(file.name, `entry point ${row} is not in the top layer`);
}

/** Links of a layer of this size lead to rows below this number. */
function rowLimit(layer: number, size: number): number {
  return size * 2 ** (layer * layerShift);
}

function checkLinks(name: string, links: Uint32Array, rows: number): void {
  for (let i = 0; i < links.length; i++) {
    const row = links[i] as number;
    if (row >= rows && row !== noLink) throw corruptFile(name, `a link leads to row ${row}, which does not exist`);
  }
}
