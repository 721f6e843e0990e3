import { describe, expect, it } from "vitest";
import type { Term } from "../../../src/recommend/vectors/mean.ts";
import { openVectorScores } from "../../../src/recommend/vectors/vector-scores.ts";
import { fourSongs, loadedModel, nextSongsOf } from "../../model/small-models.ts";

const songs = 300;
const like = (row: number, step = 1): Term => ({ row, weight: 1, step });
const tolerance = 0.01;

/** @param size dimensions of the next-song vectors; the others have two */
async function open(size: number, exact = true) {
  const nextSongs = nextSongsOf(songs, size);
  const model = await loadedModel(
    {
      songs: Array.from({ length: songs }, (_, row) => ({ id: `${row}`, count: songs - row })),
      input: Array.from({ length: songs }, (_, row) => [Math.cos(row), Math.sin(row)]),
      nextSongs,
    },
    { exact },
  );
  const vectorOf = (row: number) => [...nextSongs.vectors.subarray(row * size, (row + 1) * size)];
  /** The sum of weighted vectors, in plain floats. */
  const sumOf = (weights: readonly (readonly [row: number, weight: number])[]) =>
    Array.from({ length: size }, (_, i) =>
      weights.reduce((sum, [row, weight]) => sum + weight * (vectorOf(row)[i] ?? 0), 0),
    );
  return { scores: await openVectorScores(model), vectorOf, sumOf };
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const product = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

describe.each([16, 64, 112])("next-song vectors of %i dimensions", (size) => {
  it.each<[string, Term[], [row: number, weight: number][]]>([
    ["one song", [like(7)], [[7, 1]]],
    [
      "the last three songs",
      [9, 8, 7, 6].map((row) => like(row)),
      [
        [6, 1],
        [7, 0.5],
        [8, -0.25],
      ],
    ],
    [
      "liked songs only",
      [like(7), { row: 3, weight: -1 }, like(6), { row: 5, weight: -2 }],
      [
        [6, 1],
        [7, 0.5],
      ],
    ],
    [
      "weights",
      [
        { row: 7, weight: 3 },
        { row: 6, weight: 0.5 },
      ],
      [
        [6, 0.5],
        [7, 1.5],
      ],
    ],
    [
      "several terms for one song",
      [like(9), like(7, 1 / 3), like(6, 1 / 3), like(5, 1 / 3), like(4)],
      [
        [4, 1],
        [5, 0.5],
        [6, 0.5],
        [7, 0.5],
        [9, -0.25],
      ],
    ],
  ])("score songs by their cosine with the weighted sum of %s", async (_, terms, weights) => {
    for (const exact of [true, false]) {
      const { scores, vectorOf, sumOf } = await open(size, exact);
      const query = scores.nextSongQuery(terms) ?? expect.unreachable();
      const rows = Uint32Array.from({ length: songs }, (_row, row) => row);
      const expected = Array.from(rows, (row) => cosine(vectorOf(row), sumOf(weights)));
      const found = scores.nextSongScores(query, rows);
      expect(Math.max(...found.map((score, row) => Math.abs(score - (expected[row] ?? 0))))).toBeLessThan(tolerance);
      expect(scores.nextSongScores(query, Uint32Array.of(3, 250))).toEqual(
        Float32Array.of(found[3] ?? 0, found[250] ?? 0),
      );

      const excluded = [...rows].toSorted((a, b) => (expected[b] ?? 0) - (expected[a] ?? 0)).slice(0, 5);
      const candidates = scores.nextSongCandidates(query, 20, excluded);
      const worst = [...rows].map((row) => expected[row] ?? 0).toSorted((a, b) => b - a)[24] ?? 0;
      expect(candidates).toHaveLength(20);
      for (const row of candidates) expect(expected[row]).toBeGreaterThan(worst - 5 * tolerance);
      expect(new Set(candidates).isDisjointFrom(new Set(excluded))).toBe(true);
    }
  });
});

describe("next-song vectors", () => {
  it("have no query without liked songs, for zero vectors and for a model without them", async () => {
    const { scores } = await open(64);
    expect([scores.nextSongQuery([]), scores.nextSongQuery([{ row: 1, weight: -1 }])]).toEqual([null, null]);
    const zero = { ...nextSongsOf(4, 16), vectors: new Float32Array(4 * 16) };
    for (const model of [fourSongs, { ...fourSongs, nextSongs: zero }])
      expect((await openVectorScores(await loadedModel(model))).nextSongQuery([like(1)])).toBeNull();
  });

  it("leave scores by other vectors unchanged", async () => {
    const { scores } = await open(64);
    const rows = Uint32Array.of(1, 2, 3);
    const before = scores.similarityScores([like(5)], rows);
    scores.nextSongScores(scores.nextSongQuery([like(5)]) ?? expect.unreachable(), rows);
    expect(scores.similarityScores([like(5)], rows)).toEqual(before);
  });
});
