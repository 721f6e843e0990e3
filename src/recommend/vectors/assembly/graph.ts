import { quantisedProduct } from './quantised';

/**
 * HNSW (Malkov and Yashunin 2018, arXiv 1603.09320): a graph in which every song has links to similar songs in
 * different directions. A search expands the best song that it has not visited yet. Each layer above the graph has a
 * sixteenth of the songs of the layer below, and leads the search close to its target.
 *
 * The score of a row is its factor times the product of its int8 vector with the query.
 */

/** Terminates the links of a song that has fewer than `width`. */
export const none: u32 = 0xffffffff;

export let matrix: usize = 0;
export let factors: usize = 0;
export let songs: u32 = 0;
export let stride: usize = 0;
export let links: usize = 0;
export let upper: usize = 0;
export let width: u32 = 0;

/**
 * Sets the graph for the other functions. A module instance has one graph.
 *
 * @param values address of i8 [songs, stride]
 * @param scales address of f32 [songs]
 * @param bottom address of u32 [songs, linksPerSong]: the rows that each song links to
 * @param layers address of u32 [songs of all upper layers, linksPerSong], the lowest layer first. Layer l has ⌊songs /
 *   16^l⌋ songs: one of every 16^l consecutive rows.
 */
export function openGraph(
  values: usize,
  scales: usize,
  rows: u32,
  rowBytes: usize,
  bottom: usize,
  layers: usize,
  linksEach: u32,
): void {
  matrix = values;
  factors = scales;
  songs = rows;
  stride = rowBytes;
  links = bottom;
  upper = layers;
  width = linksEach;
}

// @ts-ignore: decorator
@inline
export function scoreOf(row: u32, query: usize): f32 {
  const at = matrix + <usize>row * stride;
  return <f32>quantisedProduct(at, at + stride, query) * f32.load(factors + (<usize>row << 2));
}
