import { integerBelow } from "../../../src/word2vec/random.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../../src/word2vec/random.ts";
import { runs } from "../../helpers/fault-form.ts";
import { call, createBench, kernels } from "./kernels.ts";

const floatsOf = ({ buffer, byteOffset, length }: Uint32Array) => new Float32Array(buffer, byteOffset, length);

describe.each(kernels)("codes in the %s kernel:", (variant) => {
  it("the lookup table has products with all centroids, minus the minimum of each subvector", async () => {
    const value = fc.float({ min: -2, max: 2, noNaN: true });
    const problems = fc.integer({ min: 1, max: 6 }).chain((sixteens) => {
      const stride = 16 * sixteens;
      return fc.record({
        query: fc.array(value, { minLength: stride, maxLength: stride }),
        codebook: fc.array(value, { minLength: stride * 16, maxLength: stride * 16 }),
      });
    });
    await fc.assert(
      fc.asyncProperty(problems, async ({ query, codebook }) => {
        const { kernel, put, behind } = await createBench(variant);
        const stride = query.length;
        const [centroids, vector] = [put(Float32Array, codebook), put(Float32Array, query)];
        const [products, table] = [
          put(Float32Array, new Float32Array(stride * 8)),
          put(Uint8Array, new Uint8Array(stride * 8)),
        ];
        const unit = call(kernel.fillLookupTable, centroids, stride, vector, products, table);
        const productOf = (part: number, centroid: number) =>
          [0, 1].reduce(
            (sum, i) => sum + (centroids[(2 * part + i) * 16 + centroid] ?? 0) * (vector[2 * part + i] ?? 0),
            0,
          );
        const all = Array.from({ length: stride / 2 }, (_, part) =>
          Array.from({ length: 16 }, (_each, centroid) => productOf(part, centroid)),
        );
        const ranges = all.map((each) => Math.max(...each) - Math.min(...each));
        expect(Math.abs(unit * 63 - Math.max(...ranges))).toBeLessThan(1e-5);
        expect(Math.abs((products[0] ?? 0) - all.reduce((sum, each) => sum + Math.min(...each), 0))).toBeLessThan(1e-4);
        for (const [part, each] of all.entries()) {
          for (const [centroid, product] of each.entries())
            expect(
              Math.abs((table[part * 16 + centroid] ?? 0) * unit - (product - Math.min(...each))),
            ).toBeLessThanOrEqual(unit * 0.51 + 1e-5);
        }
        expect(Math.max(...table)).toBe(Math.max(...ranges) > 0 ? 63 : 0);
        expect(behind(products).every((byte) => byte === 0)).toBe(true);
      }),
      { numRuns: runs(60) },
    );
  });

  it("lists rows near the best estimates, and keeps the best scores, for any blocks of rows", async () => {
    const problems = fc.record({
      seed: fc.nat(),
      rows: fc.integer({ min: 1, max: 200 }),
      sixteens: fc.integer({ min: 1, max: 4 }),
      listedFor: fc.integer({ min: 1, max: 40 }),
      oversampling: fc.nat(20),
      blocks: fc.integer({ min: 1, max: 7 }),
      margin: fc.constantFrom(0, 0.5, 3),
      excluded: fc.array(fc.nat(199)),
    });
    await fc.assert(
      fc.asyncProperty(
        problems,
        async ({ seed, rows, sixteens, listedFor: wanted, oversampling, blocks, margin, excluded: excludedRows }) => {
          const { kernel, put, behind } = await createBench(variant);
          const random = createRandom(seed, 1, 2);
          const below = (end: number) => integerBelow(end, random);
          const stride = 16 * sixteens;
          const [listedFor, capacity] = [Math.min(rows, wanted), Math.min(rows, wanted + oversampling)];
          const numbers = Array.from({ length: rows }, () => Array.from({ length: stride / 2 }, () => below(16)));
          const codes = put(Uint8Array, new Uint8Array(Math.ceil(rows / 32) * stride * 8));
          for (const [row, each] of numbers.entries()) {
            for (const [part, number] of each.entries()) {
              const at = Math.floor(row / 32) * stride * 8 + part * 16 + (row % 16);
              codes[at] = (codes[at] ?? 0) | (number << (row % 32 < 16 ? 0 : 4));
            }
          }
          const scales = put(
            Float32Array,
            Array.from({ length: Math.ceil(rows / 32) * 32 }, () => (1 + below(4)) / 2),
          );
          const table = put(
            Uint8Array,
            Array.from({ length: stride * 8 }, () => below(64)),
          );
          const matrix = put(
            Int8Array,
            Array.from({ length: rows * stride }, () => below(255) - 127),
          );
          const factors = put(
            Float32Array,
            Array.from({ length: rows }, () => 2 ** -below(3)),
          );
          const query = put(
            Int16Array,
            Array.from({ length: stride }, () => below(201) - 100),
          );
          const excluded = put(Uint8Array, new Uint8Array(25));
          for (const row of excludedRows) excluded[row >> 3] = (excluded[row >> 3] ?? 0) | (1 << (row & 7));
          const heap = put(Uint32Array, new Uint32Array(2 * capacity));
          const list = put(Uint32Array, new Uint32Array(2 * rows));
          const [progress, estimates] = [put(Uint32Array, [0, 0]), put(Float32Array, new Float32Array(32))];
          const [unit, least] = [0.25, -stride];
          for (let first = 0; first < rows; first += 32 * blocks) {
            call(
              kernel.listCandidates,
              codes.byteOffset + (first * stride) / 4,
              scales.byteOffset + first * 4,
              table,
              unit,
              least,
              margin,
              first,
              Math.min(32 * blocks, rows - first),
              stride,
              excluded,
              heap,
              listedFor,
              list,
              progress,
              estimates,
            );
          }

          const sum = (row: number) =>
            (numbers[row] ?? []).reduce((total, number, part) => total + (table[part * 16 + number] ?? 0), 0);
          const estimate = (row: number) => (sum(row) * unit + least) * (scales[row] ?? 0);
          const upperBound = (row: number) => (sum(row) * unit + least + margin) * (scales[row] ?? 0);
          const allowed = Array.from({ length: rows }, (_, row) => row).filter((row) => !excludedRows.includes(row));
          const best = allowed.toSorted((a, b) => estimate(b) - estimate(a) || a - b).slice(0, listedFor);
          const worst = best.length < listedFor ? -Infinity : estimate(best.at(-1) ?? 0);
          const [kept = 0, listed = 0] = progress;
          const near = allowed.filter((row) => upperBound(row) > worst);
          const listedRows = Array.from({ length: listed }, (_, i) => list[2 * i + 1] ?? 0);
          expect(kept).toBe(best.length);
          expect(listedRows).toEqual(listedRows.toSorted((a, b) => a - b));
          expect(near.filter((row) => !listedRows.includes(row))).toEqual([]);
          expect(listedRows.filter((row) => !allowed.includes(row))).toEqual([]);
          for (const [i, row] of listedRows.entries()) expect(floatsOf(list)[2 * i]).toBe(upperBound(row));

          const found = call(
            kernel.scoreCandidates,
            list,
            progress,
            heap,
            listedFor,
            capacity,
            matrix,
            factors,
            stride,
            query,
            0.5,
          );
          const score = (row: number) =>
            query.reduce((total, value, i) => total + value * (matrix[row * stride + i] ?? 0), 0) *
              (factors[row] ?? 0) *
              0.5 +
            0;
          const looked = listedRows.filter((row) => upperBound(row) >= worst);
          const expected = looked.toSorted((a, b) => score(b) - score(a) || a - b).slice(0, capacity);
          const pairs = Array.from({ length: found }, (_, i): [number, number] => [
            heap[2 * i + 1] ?? 0,
            (floatsOf(heap)[2 * i] ?? 0) + 0,
          ]);
          expect(pairs.toSorted(([a], [b]) => a - b)).toEqual(
            expected.toSorted((a, b) => a - b).map((row) => [row, score(row)]),
          );
          expect([...behind(heap), ...behind(list)].every((byte) => byte === 0)).toBe(true);
        },
      ),
      { numRuns: runs(150) },
    );
  });
});
