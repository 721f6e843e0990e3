import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadScan } from "../../../src/recommend/vectors/scan.ts";
import { call, createBench, kernels, padded } from "./kernels.ts";

function problem(value: fc.Arbitrary<number>, most = 300) {
  return fc.integer({ min: 1, max: most }).chain((dimensions) => {
    const vector = fc.array(value, { minLength: dimensions, maxLength: dimensions });
    return fc.record({ rows: fc.array(vector, { minLength: 1, maxLength: 9 }), query: vector });
  });
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const bytes = problem(fc.integer({ min: -127, max: 127 }));

describe.each(kernels)("the %s scan", (variant) => {
  async function scored(rows: readonly (readonly number[])[], query: readonly number[]): Promise<number[]> {
    const { kernel, put, behind } = await createBench(variant);
    const matrix = put(Float32Array, rows.flatMap(padded));
    const vector = put(Float32Array, padded(query));
    const scores = put(
      Float32Array,
      rows.map(() => Number.NaN),
    );
    call(kernel.scan, matrix, rows.length, vector.length, vector, scores);
    expect(behind(scores).every((value) => value === 0)).toBe(true);
    return [...scores];
  }

  it("gives the exact dot product of every row if no rounding occurs", async () => {
    await fc.assert(
      fc.asyncProperty(problem(fc.integer({ min: -64, max: 64 })), async ({ rows, query }) => {
        expect((await scored(rows, query)).map((score) => score + 0)).toEqual(rows.map((row) => dot(row, query) + 0));
      }),
      { numRuns: 100 },
    );
  });

  it("agrees with double precision within a millionth of the sum of magnitudes", async () => {
    await fc.assert(
      fc.asyncProperty(problem(fc.float({ min: -1, max: 1, noNaN: true })), async ({ rows, query }) => {
        const scores = await scored(rows, query);
        for (const [row, values] of rows.entries()) {
          const mass = values.reduce((sum, value, i) => sum + Math.abs(value * (query[i] ?? 0)), 0);
          expect(Math.abs((scores[row] ?? 0) - dot(values, query))).toBeLessThanOrEqual(1e-6 * mass + 1e-37);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("of some rows gives the scores of a full scan", async () => {
    await fc.assert(
      fc.asyncProperty(
        problem(fc.float({ min: -1, max: 1, noNaN: true })),
        fc.array(fc.nat(8)),
        async ({ rows, query }, wanted) => {
          const { kernel, put } = await createBench(variant);
          const matrix = put(Float32Array, rows.flatMap(padded));
          const vector = put(Float32Array, padded(query));
          const list = put(
            Uint32Array,
            wanted.map((row) => row % rows.length),
          );
          const scores = put(Float32Array, wanted);
          call(kernel.scanRows, matrix, list, list.length, vector.length, vector, scores);
          const all = await scored(rows, query);
          expect([...scores]).toEqual(Array.from(list, (row) => all[row]));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("of int8 vectors is exact in integers, for all rows and for some", async () => {
    await fc.assert(
      fc.asyncProperty(bytes, async ({ rows, query }) => {
        const { kernel, put, behind } = await createBench(variant);
        const matrix = put(Int8Array, rows.flatMap(padded));
        const factors = put(
          Float32Array,
          rows.map((_, row) => 2 ** -row),
        );
        const vector = put(Int16Array, padded(query));
        const scores = put(
          Float32Array,
          rows.map(() => 0),
        );
        call(kernel.scanQuantised, matrix, factors, rows.length, vector.length, vector, 0.5, scores);
        const expected = rows.map((row, i) => dot(row, query) * 2 ** (-i - 1) + 0);
        expect([...scores].map((score) => score + 0)).toEqual(expected);
        expect(behind(scores).every((value) => value === 0)).toBe(true);

        const list = put(
          Uint32Array,
          rows.map((_, row) => rows.length - 1 - row),
        );
        call(kernel.scanRowsQuantised, matrix, factors, list, list.length, vector.length, vector, 0.5, scores);
        expect([...scores].map((score) => score + 0)).toEqual(expected.toReversed());
      }),
      { numRuns: 100 },
    );
  });

  it("does not overflow with the largest int8 vectors and queries", async () => {
    const { kernel, put } = await createBench(variant);
    const matrix = put(
      Int8Array,
      Array.from({ length: 512 }, () => -127),
    );
    const query = put(
      Int16Array,
      Array.from({ length: 512 }, () => 32_767),
    );
    const factors = put(Float32Array, [1]);
    const scores = put(Float32Array, [0]);
    call(kernel.scanQuantised, matrix, factors, 1, 512, query, 1, scores);
    expect(scores[0]).toBe(Math.fround(-127 * 32_767 * 512));
  });

  it("keeps the best rows by a query in seven bits, over several blocks, without excluded ones", async () => {
    const problems = fc.integer({ min: 1, max: 300 }).chain((dimensions) => {
      const row = fc.oneof(
        fc.array(fc.integer({ min: -127, max: 127 }), { minLength: dimensions, maxLength: dimensions }),
        fc.constantFrom(-127, 0, 127).map((byte) => Array.from({ length: dimensions }, () => byte)),
      );
      const query = fc.oneof(
        fc.array(fc.integer({ min: -63, max: 63 }), { minLength: dimensions, maxLength: dimensions }),
        fc.constantFrom(-63, 63).map((value) => Array.from({ length: dimensions }, () => value)),
      );
      return fc.record({ rows: fc.array(row, { minLength: 1, maxLength: 60 }), query });
    });
    await fc.assert(
      fc.asyncProperty(
        problems,
        fc.array(fc.nat(59)),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 60 }),
        async ({ rows: all, query: values }, excludedRows, capacity, block) => {
          const { kernel, put, behind } = await createBench(variant);
          const matrix = put(Int8Array, all.flatMap(padded));
          const factors = put(
            Float32Array,
            all.map((_, row) => 2 ** -(row % 3)),
          );
          const sums = put(
            Int32Array,
            all.map((row) => row.reduce((sum, byte) => sum + byte, 0)),
          );
          const query = put(
            Uint8Array,
            padded(values).map((value) => value + 64),
          );
          const excluded = put(Uint8Array, new Uint8Array(8));
          for (const row of excludedRows) excluded[row >> 3] = (excluded[row >> 3] ?? 0) | (1 << (row & 7));
          const heap = put(Uint32Array, new Uint32Array(2 * capacity));
          let size = 0;
          for (let first = 0; first < all.length; first += block) {
            const rows = Math.min(block, all.length - first);
            size = call(
              kernel.nearestQuantised,
              matrix.byteOffset + first * query.length,
              factors.byteOffset + first * 4,
              sums.byteOffset + first * 4,
              first,
              rows,
              query.length,
              query,
              0.5,
              excluded,
              heap,
              size,
              capacity,
            );
          }
          const scores = all.map((row, i) => dot(row, values) * 2 ** (-1 - (i % 3)) + 0);
          const expected = [...all.keys()]
            .filter((row) => !excludedRows.includes(row))
            .toSorted((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b)
            .slice(0, capacity);
          const pairs = Array.from({ length: size }, (_, i): [number, number] => [
            heap[2 * i + 1] ?? 0,
            (new Float32Array(heap.buffer, heap.byteOffset)[2 * i] ?? 0) + 0,
          ]);
          expect(pairs.toSorted(([a], [b]) => a - b)).toEqual(
            expected.toSorted((a, b) => a - b).map((row) => [row, scores[row]]),
          );
          expect(behind(heap).every((value) => value === 0)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("the scan of this runtime", () => {
  it("is the relaxed one, and is compiled once", async () => {
    const [first, second] = await Promise.all([loadScan(), loadScan()]);
    expect(first.kernel).toBe("relaxed");
    expect(second).toBe(first);
  });
});
