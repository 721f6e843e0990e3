import { describe, expect, it } from "vitest";
import { buildHuffman, buildTree } from "../../../src/word2vec/huffman.ts";
import { createRandom } from "../../../src/word2vec/random.ts";
import { call, createBench, kernels } from "./kernels.ts";

const counts = Uint32Array.from({ length: 57 }, (_, i) => 1000 / (i + 1) + 1);
const random = createRandom(4, 5, 6);
const scores = Float32Array.from(counts, () => (random() - 0.5) * 8);

describe.each(kernels)("log-likelihoods of hierarchical softmax by the %s kernel", (variant) => {
  async function scoreTree(nodeScores: Float32Array) {
    const { parents, bits } = buildTree(counts);
    const { kernel, put, behind } = await createBench(variant);
    const parentBranches = put(
      Uint32Array,
      parents.map((parent, child) => 2 * parent + (bits[child] ?? 0)),
    );
    const values = put(Float32Array, nodeScores);
    const branchScores = put(Float32Array, new Float32Array(2 * counts.length));
    const likelihoods = put(Float32Array, new Float32Array(counts.length));
    call(kernel.computeBranchScores, values, counts.length - 1, counts.length, parentBranches, branchScores);
    call(kernel.gatherSongScores, counts.length, parentBranches, branchScores, likelihoods);
    expect(behind(branchScores).every((value) => value === 0)).toBe(true);

    const excluded = put(Uint8Array, [0b101, 0, 0, 0, 0, 0, 0, 0]);
    const heap = put(Uint32Array, new Uint32Array(2 * 9));
    const size = call(kernel.findLikeliest, counts.length, parentBranches, branchScores, excluded, heap, 9);
    return {
      likelihoods,
      best: Array.from({ length: size }, (_, i) => heap[2 * i + 1] ?? 0).toSorted((a, b) => a - b),
    };
  }

  it("belong to probabilities that add up to 1", async () => {
    const { likelihoods } = await scoreTree(scores);
    expect(likelihoods.reduce((total, value) => total + Math.exp(value), 0)).toBeCloseTo(1, 5);
  });

  it("are the sums of the branch scores on the path to each song", async () => {
    const { paths, nodes } = buildHuffman(counts);
    for (const scale of [1, 30, 1e-3]) {
      const scaled = scores.map((score) => score * scale);
      const { likelihoods } = await scoreTree(scaled);
      for (const [song, likelihood] of likelihoods.entries()) {
        const path = Array.from(nodes.subarray(paths[song], paths[song + 1]));
        const expected = path.reduce(
          (sum, node) => sum - Math.log1p(Math.exp((node & 1 ? 1 : -1) * (scaled[node >>> 1] ?? 0))),
          0,
        );
        expect(Math.abs(likelihood - expected)).toBeLessThan(1e-6 * (path.length + Math.abs(expected)));
      }
    }
  });

  it("are −depth · ln 2 for zero vectors, so that more played songs are more likely", async () => {
    const { paths } = buildHuffman(counts);
    const { likelihoods } = await scoreTree(new Float32Array(57));
    for (const [song, likelihood] of likelihoods.entries())
      expect(likelihood).toBeCloseTo(-Math.LN2 * ((paths[song + 1] ?? 0) - (paths[song] ?? 0)), 4);
    expect(likelihoods[0]).toBeGreaterThan(likelihoods[56] ?? 0);
  });

  it("give the most likely songs without excluded ones", async () => {
    const { likelihoods, best } = await scoreTree(scores);
    const expected = [...likelihoods.keys()]
      .filter((song) => song !== 0 && song !== 2)
      .toSorted((a, b) => (likelihoods[b] ?? 0) - (likelihoods[a] ?? 0) || a - b)
      .slice(0, 9);
    expect(best).toEqual(expected.toSorted((a, b) => a - b));
  });

  it("stay finite for the largest scores", async () => {
    const { likelihoods } = await scoreTree(scores.map((score) => score * 1e6));
    expect(likelihoods.every(Number.isFinite)).toBe(true);
  });

  describe("with node vectors", () => {
    const stride = 32;
    const excludedSongs = new Set([0, 3]);

    async function treeOf(songs: number, scale: number) {
      const { parents, bits } = buildTree(Uint32Array.from({ length: songs }, (_, i) => 3000 / (i + 1) + 1));
      const { kernel, put, behind } = await createBench(variant);
      const branchChildren = new Uint32Array(2 * songs);
      parents.subarray(0, -1).forEach((parent, child) => {
        branchChildren[2 * parent + (bits[child] ?? 0)] = child;
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
        parentBranches: put(
          Uint32Array,
          parents.map((parent, child) => 2 * parent + (bits[child] ?? 0)),
        ),
        branchChildren: put(Uint32Array, branchChildren),
        branchScores: put(Float32Array, new Float32Array(2 * songs)),
        scores: put(Float32Array, new Float32Array(songs)),
        likelihoods: put(Float32Array, new Float32Array(songs)),
        heap: put(Uint32Array, new Uint32Array(2 * songs)),
        excluded: put(Uint8Array, [0b1001, ...new Uint8Array(songs >> 3)]),
        visited: put(Uint8Array, new Uint8Array((songs >> 3) + 1)),
        nodes: put(Uint32Array, new Uint32Array(songs)),
      };
      const { matrix, factors, query, parentBranches, branchScores, scores: nodeScores, likelihoods } = at;
      call(kernel.scanQuantised, matrix, factors, songs - 1, stride, query, 1, nodeScores);
      call(kernel.computeBranchScores, nodeScores, songs - 1, songs, parentBranches, branchScores);
      call(kernel.gatherSongScores, songs, parentBranches, branchScores, likelihoods);
      return { kernel, behind, put, songs, ...at, all: likelihoods.slice() };
    }

    it.each([
      [2, 1e-4],
      [3, 1e-4],
      [300, 1e-5],
      [300, 1e-3],
    ])(
      "a tree search finds the most likely songs, best first, without excluded ones: %d songs, scores × %d",
      async (songs, scale) => {
        const tree = await treeOf(songs, scale);
        const { kernel, behind, matrix, factors, query, branchChildren, excluded, branchScores, heap, all } = tree;
        const searchTree = (limit: number, budget: number) =>
          call(
            kernel.searchTree,
            matrix,
            factors,
            songs,
            stride,
            query,
            1,
            branchChildren,
            excluded,
            branchScores,
            heap,
            limit,
            budget,
          );
        const expected = [...all.keys()]
          .filter((song) => !excludedSongs.has(song))
          .toSorted((a, b) => (all[b] ?? 0) - (all[a] ?? 0));
        for (const limit of [1, 20, songs]) {
          const size = searchTree(limit, songs);
          const found = Array.from({ length: size }, (_, i) => heap[2 * i + 1] ?? 0);
          expect(size).toBe(Math.min(limit, expected.length));
          expect(new Set(found).size).toBe(size);
          for (const [i, song] of found.entries())
            expect(Math.abs((all[song] ?? 0) - (all[expected[i] ?? 0] ?? 0))).toBeLessThan(
              1e-5 * (1 + Math.abs(all[song] ?? 0)),
            );
        }
        expect(behind(branchScores).every((value) => value === 0)).toBe(true);
        if (songs > 3) expect(searchTree(songs, 20)).toBe(-1);
      },
    );

    it.each([2, 3, 300])(
      "scores some songs like all songs, two queries like each alone, and clears the visited bits: %d songs",
      async (songs) => {
        const tree = await treeOf(songs, 1e-4);
        const {
          kernel,
          put,
          behind,
          matrix,
          factors,
          query,
          parentBranches,
          visited,
          nodes,
          branchScores,
          likelihoods,
          all,
        } = tree;
        const rows = Uint32Array.from({ length: Math.min(songs, 40) }, (_, i) => (i * 7) % songs);
        const list = put(Uint32Array, rows);
        const [before, after] = [[matrix, factors, songs, stride] as const, [list, rows.length] as const];
        const scoreSongs = (one: Int16Array, unit: number) => {
          call(
            kernel.scoreSongs,
            ...before,
            one,
            unit,
            parentBranches,
            visited,
            nodes,
            branchScores,
            ...after,
            likelihoods,
          );
          return likelihoods.slice(0, rows.length);
        };
        const likelihoodOf = scoreSongs(query, 1);
        for (const [i, row] of rows.entries())
          expect(Math.abs((likelihoodOf[i] ?? 0) - (all[row] ?? 0))).toBeLessThan(1e-5 * (1 + Math.abs(all[row] ?? 0)));
        expect(behind(branchScores).every((value) => value === 0)).toBe(true);

        const other = put(
          Int16Array,
          query.map((value, i) => (i % 3 === 0 ? -value : value)),
        );
        const alone = [likelihoodOf, scoreSongs(other, 2)];
        const branchScoresOfTwo = put(Float32Array, new Float32Array(4 * songs));
        const both = put(Float32Array, new Float32Array(2 * songs));
        call(
          kernel.scoreSongsForTwo,
          ...before,
          query,
          1,
          other,
          2,
          parentBranches,
          visited,
          nodes,
          branchScoresOfTwo,
          ...after,
          both,
        );
        for (const [which, expected] of alone.entries())
          for (const [i, likelihood] of expected.entries()) expect(both[2 * i + which]).toBeCloseTo(likelihood, 5);
        expect(alone[0]).not.toEqual(alone[1]);
        expect(visited.every((value) => value === 0)).toBe(true);
      },
    );
  });
});
