import { type CheckedFile, corruptFile } from "./checked-file.ts";
import type { FileDigest } from "./durable.ts";
import { expectTensors, writeSafetensors } from "./safetensors.ts";

/** An index of V songs: a graph to search along instead of a scan; see recommend/assembly/graph.ts. */
export interface Graph {
  /** The rows that each song has links to, `noLink` where it has fewer [V, linksPerSong]. */
  readonly links: Uint32Array;
  /** The same in the layers above, the lowest first: layer l has a song for each 16^l rows [Σ ⌊V / 16^l⌋, linksPerSong]. */
  readonly upper: Uint32Array;
  /** A song of the top layer [1]. */
  readonly entry: Uint32Array;
}

export const noLink = 0xffffffff;
const layerShift = 4;

/** How many songs each layer above the graph has, the lowest first; none for fewer than 16 songs. */
export function layerSizes(songs: number): number[] {
  const layers: number[] = [];
  for (let size = Math.floor(songs / 16); size > 0; size = Math.floor(size / 16)) layers.push(size);
  return layers;
}

export function upperLayersSize(songs: number): number {
  return layerSizes(songs).reduce((sum, size) => sum + size, 0);
}

/** The place of a song among those of a layer, 0 being the graph itself. */
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
 * Reads a graph into its place.
 *
 * @throws MODEL_DAMAGED with the file named where it is another one, or a link leads to nowhere
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
    checkLinks(file.name, upper.subarray(start * linksPerSong, (start + size) * linksPerSong), rowsUnder(i + 1, size));
    start += size;
  }
  const [row = noLink] = entry;
  const top = layerSizes(songs).length;
  if (row >= rowsUnder(top, layerSizes(songs).at(-1) ?? songs))
    throw corruptFile(file.name, `there is no row ${row} in its top layer`);
}

/** Rows that have a place in a layer of this size. */
function rowsUnder(layer: number, size: number): number {
  return size * 2 ** (layer * layerShift);
}

function checkLinks(name: string, links: Uint32Array, rows: number): void {
  for (let i = 0; i < links.length; i++) {
    const row = links[i] as number;
    if (row >= rows && row !== noLink) throw corruptFile(name, `a link leads to row ${row}`);
  }
}
