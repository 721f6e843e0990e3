import { quantisedProduct } from './quantised';

/**
 * Hierarchical navigable small worlds (Malkov and Yashunin 2018, arXiv 1603.09320): a graph in which every song has links to
 * some that are like it, in different directions. A search goes from song to song, always on from the best one that it has
 * not been at. Above the graph are layers with a sixteenth of the songs of the layer below each, through which it comes near.
 *
 * Songs are likened by their bytes: the score of a row is its factor times its bytes · query.
 */

/** Ends the links of a song that has fewer than there is room for. */
export const none: u32 = 0xffffffff;

export let matrix: usize = 0;
export let factors: usize = 0;
export let songs: u32 = 0;
export let stride: usize = 0;
export let links: usize = 0;
export let upper: usize = 0;
export let width: u32 = 0;

/**
 * Names the graph that the other functions are about; one for each instance of this module.
 *
 * @param bytes address of i8 [songs, stride]
 * @param scales address of f32 [songs]
 * @param bottom address of u32 [songs, linksEach]: the rows that each song has links to
 * @param layers address of u32 [the songs of all layers above, linksEach], the lowest layer first. Layer l has ⌊songs / 16^l⌋
 *   songs, one of each 16^l rows that follow each other.
 */
export function openGraph(
  bytes: usize,
  scales: usize,
  rows: u32,
  rowBytes: usize,
  bottom: usize,
  layers: usize,
  linksEach: u32,
): void {
  matrix = bytes;
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
