import { describe, expect, it } from "vitest";
import { buildHuffman } from "../../src/word2vec/huffman.ts";

describe("the Huffman tree", () => {
  it("gives more frequent songs shorter paths, with minimal total length", () => {
    const { paths } = buildHuffman(Uint32Array.of(40, 30, 20, 10));
    expect(Array.from(paths)).toEqual([0, 1, 3, 6, 9]);
  });

  it("gives each song a unique path that starts at the root", () => {
    const counts = Uint32Array.from({ length: 300 }, (_, i) => Math.ceil(5000 / (i + 1)));
    const { paths, nodes } = buildHuffman(counts);
    const songPaths = Array.from(counts, (_, song) => Array.from(nodes.subarray(paths[song], paths[song + 1])));
    expect(new Set(songPaths.map((path) => path.join())).size).toBe(300);
    expect(new Set(songPaths.map(([first = 0]) => first >>> 1))).toEqual(new Set([298]));
    const kraft = songPaths.reduce((sum, path) => sum + 2 ** -path.length, 0);
    expect(kraft).toBe(1);
  });

  it("has one inner node for two songs", () => {
    const { paths, nodes } = buildHuffman(Uint32Array.of(7, 7));
    expect(Array.from(paths)).toEqual([0, 1, 2]);
    expect(Array.from(nodes, (node) => node & 1).sort()).toEqual([0, 1]);
    expect(Array.from(nodes, (node) => node >>> 1)).toEqual([0, 0]);
  });
});
