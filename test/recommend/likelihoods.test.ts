import { describe, expect, it } from 'vitest';
import { buildHuffman, buildTree } from '../../src/word2vec/huffman.ts';
import { createRandom } from '../../src/word2vec/random.ts';
import { createBench, kernels } from './kernels.ts';

const counts = Uint32Array.from({ length: 57 }, (_, i) => 1000 / (i + 1) + 1);
const random = createRandom(4, 5, 6);
const scores = Float32Array.from(counts, () => (random() / 2 ** 32 - 0.5) * 8);

describe.each(kernels)('the likelihoods of hierarchical softmax by the %s kernel', (variant) => {
  async function walked(nodeScores: Float32Array) {
    const { parents, bits } = buildTree(counts);
    const { kernel, put, behind } = await createBench(variant);
    const ways = put(Uint32Array, parents.map((parent, child) => 2 * parent + (bits[child] ?? 0)));
    const values = put(Float32Array, nodeScores);
    const turns = put(Float32Array, new Float32Array(2 * counts.length));
    const likelihoods = put(Float32Array, new Float32Array(counts.length));
    kernel.walk(values.byteOffset, counts.length - 1, counts.length, ways.byteOffset, turns.byteOffset);
    kernel.arrive(counts.length, ways.byteOffset, turns.byteOffset, likelihoods.byteOffset);
    expect(behind(turns).every((value) => value === 0)).toBe(true);

    const excluded = put(Uint8Array, [0b101, 0, 0, 0, 0, 0, 0, 0]);
    const heap = put(Uint32Array, new Uint32Array(2 * 9));
    const size = kernel.likeliest(counts.length, ways.byteOffset, turns.byteOffset, excluded.byteOffset, heap.byteOffset, 9);
    return { likelihoods, best: Array.from({ length: size }, (_, i) => heap[2 * i + 1] ?? 0).toSorted((a, b) => a - b) };
  }

  it('are those of a distribution: the probabilities add up to 1', async () => {
    const { likelihoods } = await walked(scores);
    expect(likelihoods.reduce((total, value) => total + Math.exp(value), 0)).toBeCloseTo(1, 5);
  });

  it('sum the turns on the way to each song', async () => {
    const { paths, nodes } = buildHuffman(counts);
    for (const scale of [1, 30, 1e-3]) {
      const scaled = scores.map((score) => score * scale);
      const { likelihoods } = await walked(scaled);
      for (const [song, likelihood] of likelihoods.entries()) {
        const way = Array.from(nodes.subarray(paths[song], paths[song + 1]));
        const expected = way.reduce((sum, node) => sum - Math.log1p(Math.exp((node & 1 ? 1 : -1) * (scaled[node >>> 1] ?? 0))), 0);
        expect(Math.abs(likelihood - expected)).toBeLessThan(1e-6 * (way.length + Math.abs(expected)));
      }
    }
  });

  it('follow the plays where nothing is known: all turns alike give a song 2 to the power of minus its depth', async () => {
    const { paths } = buildHuffman(counts);
    const { likelihoods } = await walked(new Float32Array(57));
    for (const [song, likelihood] of likelihoods.entries()) expect(likelihood).toBeCloseTo(-Math.LN2 * ((paths[song + 1] ?? 0) - (paths[song] ?? 0)), 4);
    expect(likelihoods[0]).toBeGreaterThan(likelihoods[56] ?? 0);
  });

  it('lead to the most likely songs, past the excluded ones', async () => {
    const { likelihoods, best } = await walked(scores);
    const expected = [...likelihoods.keys()].filter((song) => song !== 0 && song !== 2).toSorted((a, b) => (likelihoods[b] ?? 0) - (likelihoods[a] ?? 0) || a - b).slice(0, 9);
    expect(best).toEqual(expected.toSorted((a, b) => a - b));
  });

  it('stay finite for the largest scores', async () => {
    const { likelihoods } = await walked(scores.map((score) => score * 1e6));
    expect(likelihoods.every(Number.isFinite)).toBe(true);
  });
});
