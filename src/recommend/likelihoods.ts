import type { HuffmanTree } from '../word2vec/huffman.ts';

/**
 * The logarithm of each song's probability under hierarchical softmax: the sum over its way from the root, where at an
 * inner node with score s the turn 0 has the probability σ(s) and the turn 1 has σ(−s) (Morin and Bengio 2005, with
 * word2vec's labels). One pass from the root down serves all songs, since their ways share their beginnings.
 *
 * @param scores of the V − 1 inner nodes, and one more that is not read [V]
 * @returns [V]
 */
export function songLikelihoods({ parents, bits }: HuffmanTree, scores: Float32Array): Float32Array {
  const songs = scores.length;
  const root = songs - 2;
  /** Of each inner node's two turns, from the root to their ends. */
  const turns = new Float32Array(2 * (songs - 1));
  for (let node = root; node >= 0; node--) {
    const start = node === root ? 0 : (turns[2 * (parents[songs + node] ?? 0) + (bits[songs + node] ?? 0)] ?? 0);
    const score = scores[node] ?? 0;
    const missed = Math.log1p(Math.exp(-Math.abs(score)));
    turns[2 * node] = start + Math.min(score, 0) - missed;
    turns[2 * node + 1] = start + Math.min(-score, 0) - missed;
  }
  const likelihoods = new Float32Array(songs);
  for (let song = 0; song < songs; song++) likelihoods[song] = turns[2 * (parents[song] ?? 0) + (bits[song] ?? 0)] ?? 0;
  return likelihoods;
}
