import { describe, expect, it } from "vitest";
import { createRandom } from "../../../src/word2vec/random.ts";
import { noLink } from "../../../src/model/format/graph.ts";
import { benchOf, call, createBench, kernels } from "../vectors/kernels.ts";
import { createGraphReference } from "./graph-reference.ts";

const songs = 400;
const stride = 32;
const linksPerSong = 8;
const ef = 20;

/** Songs in clusters of ten. Some vectors are duplicates, and some are zero. */
function graphOf({ kernel, put, behind }: ReturnType<typeof benchOf<ReturnType<typeof createGraphReference>>>) {
  const random = createRandom(7);
  const value = (size: number) => Math.round((2 * random() - 1) * size);
  const centres = Array.from({ length: songs / 10 }, () => Array.from({ length: stride }, () => value(80)));
  const vectors = Array.from({ length: songs }, (_, row) =>
    (centres[row % centres.length] ?? []).map((centre) =>
      row % 50 === 3 ? 0 : centre + (row % 11 === 5 ? 0 : value(40)),
    ),
  );
  const bytes = put(Int8Array, vectors.flat());
  const factors = put(
    Float32Array,
    vectors.map((vector) => 1 / Math.hypot(...vector, 1e-9)).map((factor) => (factor > 1 ? 0 : factor)),
  );
  const links = put(Uint32Array, new Uint32Array(songs * linksPerSong).fill(noLink));
  const upper = put(Uint32Array, new Uint32Array((25 + 1) * linksPerSong).fill(noLink));
  const order = put(Uint32Array, [
    0,
    ...Array.from({ length: 24 }, (_, i) => 16 * (i + 1)),
    ...Array.from({ length: songs }, (_, row) => row).filter((row) => row % 16 > 0),
  ]);
  const query = put(Int16Array, new Int16Array(stride));
  const [excluded, met] = [put(Uint8Array, new Uint8Array(50)), put(Uint8Array, new Uint8Array(50))];
  const [list, scores, queue, heap] = [
    put(Uint32Array, new Uint32Array(songs)),
    put(Float32Array, new Float32Array(songs)),
    put(Uint32Array, new Uint32Array(2 * songs)),
    put(Uint32Array, new Uint32Array(2 * songs)),
  ];
  const rest = [met, list, scores, queue, heap] as const;

  call(kernel.openGraph, bytes, factors, songs, stride, links, upper, linksPerSong);
  let last = 3;
  for (let done = 1; done < songs; done += 3) {
    const count = Math.min(3, songs - done);
    call(kernel.linkRows, order.byteOffset + 4 * done, count, 2, last, 0, query, ...rest, ef);
    for (const part of [0, 1]) call(kernel.linkBack, order.byteOffset + 4 * done, count, part, 2, query, heap);
    if (done + count === 25) {
      for (let model = 0; model < 25; model++)
        upper.set(links.subarray(16 * model * linksPerSong, (16 * model + 1) * linksPerSong), model * linksPerSong);
      last = 1;
    }
  }

  function search(row: number, ef: number, filteredOut: readonly number[] = []): [score: number, row: number][] {
    query.set(bytes.subarray(row * stride, (row + 1) * stride));
    excluded.fill(0);
    for (const each of filteredOut) excluded[each >> 3] = (excluded[each >> 3] ?? 0) | (1 << (each & 7));
    const found = call(kernel.searchGraph, 2, 1, 0, query, excluded, ...rest, ef);
    const heapScores = new Float32Array(heap.buffer, heap.byteOffset, 2 * found);
    return Array.from({ length: found }, (_, i): [number, number] => [
      heapScores[2 * i] ?? 0,
      heap[2 * i + 1] ?? 0,
    ]).toSorted(([a, rowA], [b, rowB]) => b - a || rowA - rowB);
  }

  function scan(row: number, ef: number): number[] {
    const query16 = vectors[row] ?? [];
    return vectors
      .map(
        (vector, other) => vector.reduce((sum, each, i) => sum + each * (query16[i] ?? 0), 0) * (factors[other] ?? 0),
      )
      .toSorted((a, b) => b - a)
      .slice(0, ef);
  }

  return {
    links,
    upper,
    search,
    scan,
    met,
    clean: () => [list, scores, queue, heap].every((array) => behind(array).every((each) => each === 0)),
  };
}

describe.each(kernels)("a graph, by the %s kernel,", (variant) => {
  it("equals the graph of the reference implementation, and finds the same songs", async () => {
    const [graph, reference] = [graphOf(await createBench(variant)), graphOf(benchOf(createGraphReference))];
    expect(graph.links).toEqual(reference.links);
    expect(graph.upper).toEqual(reference.upper);
    for (let row = 0; row < songs; row += 7) {
      expect(graph.search(row, 10)).toEqual(reference.search(row, 10));
      expect(graph.search(row, 30, [row, row + 40, 8, 9])).toEqual(reference.search(row, 30, [row, row + 40, 8, 9]));
    }
  });

  it("links each song to distinct other songs", async () => {
    const { links } = graphOf(await createBench(variant));
    for (let row = 0; row < songs; row++) {
      const own = [...links.subarray(row * linksPerSong, (row + 1) * linksPerSong)];
      const rows = own.filter((other) => other !== noLink);
      expect(rows.length).toBeGreaterThan(0);
      expect(own.slice(0, rows.length)).toEqual(rows);
      expect(new Set(rows).size).toBe(rows.length);
      expect(rows.every((other) => other < songs && other !== row)).toBe(true);
    }
  });

  it("finds nearly all songs of a scan without excluded ones, and clears the visited bits", async () => {
    const { search, scan, met, clean } = graphOf(await createBench(variant));
    let missed = 0;
    for (let row = 0; row < songs; row += 3) {
      if (row % 50 === 3) continue;
      const expected = scan(row, 10);
      const tenth = expected.at(-1) ?? 0;
      missed +=
        10 -
        search(row, ef)
          .filter(([score]) => score >= tenth * (1 - 1e-6))
          .slice(0, 10).length;
      expect(search(row, 40, [row, row + 40]).every(([, found]) => found !== row && found !== row + 40)).toBe(true);
    }
    expect(missed / (songs / 3) / 10).toBeLessThan(0.05);
    expect(met.every((byte) => byte === 0)).toBe(true);
    expect(clean()).toBe(true);
  });
});
