import { describe, expect, it } from 'vitest';
import { songLikelihoods } from '../../src/recommend/likelihoods.ts';
import { buildHuffman, buildTree } from '../../src/word2vec/huffman.ts';
import { createRandom } from '../../src/word2vec/random.ts';

describe('the likelihoods of hierarchical softmax', () => {
  const counts = Uint32Array.from({ length: 57 }, (_, i) => 1000 / (i + 1) + 1);
  const random = createRandom(4, 5, 6);
  const scores = Float32Array.from(counts, () => random() / 2 ** 30 - 2);

  it('are those of a distribution: the probabilities add up to 1', () => {
    const sum = songLikelihoods(buildTree(counts), scores).reduce((total, value) => total + Math.exp(value), 0);
    expect(sum).toBeCloseTo(1, 5);
  });

  it('sum the turns on the way to each song', () => {
    const { paths, nodes } = buildHuffman(counts);
    const likelihoods = songLikelihoods(buildTree(counts), scores);
    for (const [song, likelihood] of likelihoods.entries()) {
      const way = Array.from(nodes.subarray(paths[song], paths[song + 1]));
      const expected = way.reduce((sum, node) => sum - Math.log1p(Math.exp((node & 1 ? 1 : -1) * (scores[node >>> 1] ?? 0))), 0);
      expect(likelihood).toBeCloseTo(expected, 4);
    }
  });

  it('follow the plays where nothing is known: all turns alike give a song 2 to the power of minus its depth', () => {
    const { paths } = buildHuffman(counts);
    const likelihoods = songLikelihoods(buildTree(counts), new Float32Array(57));
    for (const [song, likelihood] of likelihoods.entries()) expect(likelihood).toBeCloseTo(-Math.LN2 * ((paths[song + 1] ?? 0) - (paths[song] ?? 0)), 4);
    expect(likelihoods[0]).toBeGreaterThan(likelihoods[56] ?? 0);
  });
});
