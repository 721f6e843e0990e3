import { describe, expect, it } from "vitest";
import { buildHuffman, buildTree } from "../../../src/word2vec/huffman.ts";
import { createRandom } from "../../../src/word2vec/random.ts";
import { call, createBench, kernels } from "./kernels.ts";

const counts = Uint32Array.from({ length: 57 }, (_, i) => 1000 / (i + 1) + 1);
const random = createRandom(4, 5, 6);
const scores = Float32Array.from(counts, () => (random() - 0.5) * 8);

describe.each(kernels)("the likelihoods of hierarchical softmax by the %s kernel", (variant) => {
  async function walked(nodeScores: Float32Array) {
    const { parents, bits } = buildTree(counts);
    const { kernel, put, behind } = await createBench(variant);
    const ways = put(
      Uint32Array,
      parents.map((parent, child) => 2 * parent + (bits[child] ?? 0)),
    );
    const values = put(Float32Array, nodeScores);
    const turns = put(Float32Array, new Float32Array(2 * counts.length));
    const likelihoods = put(Float32Array, new Float32Array(counts.length));
    call(kernel.computeBranchScores, values, counts.length - 1, counts.length, ways, turns);
    call(kernel.gatherSongScores, counts.length, ways, turns, likelihoods);
    expect(behind(turns).every((value) => value === 0)).toBe(true);

    const excluded = put(Uint8Array, [0b101, 0, 0, 0, 0, 0, 0, 0]);
    const heap = put(Uint32Array, new Uint32Array(2 * 9));
    const size = call(kernel.findLikeliest, counts.length, ways, turns, excluded, heap, 9);
    return {
      likelihoods,
      best: Array.from({ length: size }, (_, i) => heap[2 * i + 1] ?? 0).toSorted((a, b) => a - b),
    };
  }

  it("are those of a distribution: the probabilities add up to 1", async () => {
    const { likelihoods } = await walked(scores);
    expect(likelihoods.reduce((total, value) => total + Math.exp(value), 0)).toBeCloseTo(1, 5);
  });

  it("sum the turns on the way to each song", async () => {
    const { paths, nodes } = buildHuffman(counts);
    for (const scale of [1, 30, 1e-3]) {
      const scaled = scores.map((score) => score * scale);
      const { likelihoods } = await walked(scaled);
      for (const [song, likelihood] of likelihoods.entries()) {
        const way = Array.from(nodes.subarray(paths[song], paths[song + 1]));
        const expected = way.reduce(
          (sum, node) => sum - Math.log1p(Math.exp((node & 1 ? 1 : -1) * (scaled[node >>> 1] ?? 0))),
          0,
        );
        expect(Math.abs(likelihood - expected)).toBeLessThan(1e-6 * (way.length + Math.abs(expected)));
      }
    }
  });

  it("follow the plays where nothing is known: all turns alike give a song 2 to the power of minus its depth", async () => {
    const { paths } = buildHuffman(counts);
    const { likelihoods } = await walked(new Float32Array(57));
    for (const [song, likelihood] of likelihoods.entries())
      expect(likelihood).toBeCloseTo(-Math.LN2 * ((paths[song + 1] ?? 0) - (paths[song] ?? 0)), 4);
    expect(likelihoods[0]).toBeGreaterThan(likelihoods[56] ?? 0);
  });

  it("lead to the most likely songs, past the excluded ones", async () => {
    const { likelihoods, best } = await walked(scores);
    const expected = [...likelihoods.keys()]
      .filter((song) => song !== 0 && song !== 2)
      .toSorted((a, b) => (likelihoods[b] ?? 0) - (likelihoods[a] ?? 0) || a - b)
      .slice(0, 9);
    expect(best).toEqual(expected.toSorted((a, b) => a - b));
  });

  it("stay finite for the largest scores", async () => {
    const { likelihoods } = await walked(scores.map((score) => score * 1e6));
    expect(likelihoods.every(Number.isFinite)).toBe(true);
  });

  describe("of a tree of vectors", () => {
    const stride = 32;
    const excludedSongs = new Set([0, 3]);

    async function treeOf(songs: number, scale: number) {
      const { parents, bits } = buildTree(Uint32Array.from({ length: songs }, (_, i) => 3000 / (i + 1) + 1));
      const { kernel, put, behind } = await createBench(variant);
      const forks = new Uint32Array(2 * songs);
      parents.subarray(0, -1).forEach((parent, child) => {
        forks[2 * parent + (bits[child] ?? 0)] = child;
      });
      const at = {
        matrix: put(
          Int8Array,
          Array.from({ length: (songs - 1) * stride }, () => random() * 256 - 128),
        ),
        factors: put(Float32Array, new Float32Array(songs - 1).fill(scale)),
        query: put(
          Int16Array,
          Array.from({ length: stride }, () => random() * 512 - 256),
        ),
        ways: put(
          Uint32Array,
          parents.map((parent, child) => 2 * parent + (bits[child] ?? 0)),
        ),
        forks: put(Uint32Array, forks),
        turns: put(Float32Array, new Float32Array(2 * songs)),
        scores: put(Float32Array, new Float32Array(songs)),
        likelihoods: put(Float32Array, new Float32Array(songs)),
        heap: put(Uint32Array, new Uint32Array(2 * songs)),
        excluded: put(Uint8Array, [0b1001, ...new Uint8Array(songs >> 3)]),
        met: put(Uint8Array, new Uint8Array((songs >> 3) + 1)),
        nodes: put(Uint32Array, new Uint32Array(songs)),
      };
      const { matrix, factors, query, ways, turns, scores: nodeScores, likelihoods } = at;
      call(kernel.scanQuantised, matrix, factors, songs - 1, stride, query, 1, nodeScores);
      call(kernel.computeBranchScores, nodeScores, songs - 1, songs, ways, turns);
      call(kernel.gatherSongScores, songs, ways, turns, likelihoods);
      return { kernel, behind, put, songs, ...at, all: likelihoods.slice() };
    }

    it.each([
      [2, 1e-4],
      [3, 1e-4],
      [300, 1e-5],
      [300, 1e-3],
    ])(
      "finds the most likely songs on the way down, the best first, past the excluded ones: %d songs, scores × %d",
      async (songs, scale) => {
        const tree = await treeOf(songs, scale);
        const { kernel, behind, matrix, factors, query, forks, excluded, turns, heap, all } = tree;
        const descend = (most: number, budget: number) =>
          call(kernel.searchTree, matrix, factors, songs, stride, query, 1, forks, excluded, turns, heap, most, budget);
        const expected = [...all.keys()]
          .filter((song) => !excludedSongs.has(song))
          .toSorted((a, b) => (all[b] ?? 0) - (all[a] ?? 0));
        for (const most of [1, 20, songs]) {
          const size = descend(most, songs);
          const found = Array.from({ length: size }, (_, i) => heap[2 * i + 1] ?? 0);
          expect(size).toBe(Math.min(most, expected.length));
          expect(new Set(found).size).toBe(size);
          for (const [i, song] of found.entries())
            expect(Math.abs((all[song] ?? 0) - (all[expected[i] ?? 0] ?? 0))).toBeLessThan(
              1e-5 * (1 + Math.abs(all[song] ?? 0)),
            );
        }
        expect(behind(turns).every((value) => value === 0)).toBe(true);
        if (songs > 3) expect(descend(songs, 20)).toBe(-1);
      },
    );

    it.each([2, 3, 300])(
      "gives any songs what a pass over all gives them, two queries at once what each gets, and leaves nothing marked: %d songs",
      async (songs) => {
        const tree = await treeOf(songs, 1e-4);
        const { kernel, put, behind, matrix, factors, query, ways, met, nodes, turns, likelihoods, all } = tree;
        const rows = Uint32Array.from({ length: Math.min(songs, 40) }, (_, i) => (i * 7) % songs);
        const list = put(Uint32Array, rows);
        const [before, after] = [[matrix, factors, songs, stride] as const, [list, rows.length] as const];
        const climb = (one: Int16Array, unit: number) => {
          call(kernel.scoreSongs, ...before, one, unit, ways, met, nodes, turns, ...after, likelihoods);
          return likelihoods.slice(0, rows.length);
        };
        const likelihoodOf = climb(query, 1);
        for (const [i, row] of rows.entries())
          expect(Math.abs((likelihoodOf[i] ?? 0) - (all[row] ?? 0))).toBeLessThan(1e-5 * (1 + Math.abs(all[row] ?? 0)));
        expect(behind(turns).every((value) => value === 0)).toBe(true);

        const other = put(
          Int16Array,
          query.map((value, i) => (i % 3 === 0 ? -value : value)),
        );
        const alone = [likelihoodOf, climb(other, 2)];
        const turnsOfBoth = put(Float32Array, new Float32Array(4 * songs));
        const both = put(Float32Array, new Float32Array(2 * songs));
        call(kernel.scoreSongsForTwo, ...before, query, 1, other, 2, ways, met, nodes, turnsOfBoth, ...after, both);
        for (const [place, expected] of alone.entries())
          for (const [i, likelihood] of expected.entries()) expect(both[2 * i + place]).toBeCloseTo(likelihood, 5);
        expect(alone[0]).not.toEqual(alone[1]);
        expect(met.every((value) => value === 0)).toBe(true);
      },
    );
  });
});
