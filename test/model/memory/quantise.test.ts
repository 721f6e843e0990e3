import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bindQuantise } from "../../../src/model/memory/quantise.ts";

const memory = new WebAssembly.Memory({ initial: 16, maximum: 65_536, shared: true });
const [source, target, factors, norms, sums] = [65_536, 300_032, 400_000, 500_032, 600_064];

describe("quantised rows", () => {
  async function quantised(rows: readonly (readonly number[])[], withNorms = false) {
    const stride = Math.ceil((rows[0]?.length ?? 0) / 16) * 16;
    new Uint8Array(memory.buffer).fill(0);
    for (const [row, values] of rows.entries())
      new Float32Array(memory.buffer, source + row * stride * 4, stride).set(values);
    const validRows = (await bindQuantise(memory))(
      source,
      rows.length,
      stride,
      target,
      factors,
      sums,
      withNorms ? norms : 0,
    );
    return {
      validRows,
      bytes: rows.map((values, row) =>
        [...new Int8Array(memory.buffer, target + row * stride, stride)].slice(0, values.length),
      ),
      factors: [...new Float32Array(memory.buffer, factors, rows.length)],
      norms: [...new Float32Array(memory.buffer, norms, rows.length)],
      sums: [...new Int32Array(memory.buffer, sums, rows.length + 1)],
      padding: new Uint8Array(memory.buffer, target + rows.length * stride, 64),
    };
  }

  it("differ from float32 by at most half a step, and their largest value is ±127", async () => {
    const value = fc.float({ min: -100, max: 100, noNaN: true });
    const matrix = fc
      .integer({ min: 1, max: 70 })
      .chain((length) =>
        fc.array(fc.array(value, { minLength: length, maxLength: length }), { minLength: 1, maxLength: 5 }),
      );
    await fc.assert(
      fc.asyncProperty(matrix, async (rows) => {
        const result = await quantised(rows);
        expect(result.validRows).toBe(rows.length);
        expect(result.padding.every((byte) => byte === 0)).toBe(true);
        expect(result.sums).toEqual([...result.bytes.map((row) => row.reduce((sum, byte) => sum + byte, 0)), 0]);
        for (const [row, values] of rows.entries()) {
          const factor = result.factors[row] ?? 0;
          const isZero = Math.hypot(...values) < 1e-18;
          for (const [i, exact] of values.entries())
            expect(Math.abs((result.bytes[row]?.[i] ?? 0) * factor - (isZero ? 0 : exact))).toBeLessThanOrEqual(
              factor * 0.5001,
            );
          expect(Math.max(...(result.bytes[row] ?? []).map(Math.abs))).toBe(isZero ? 0 : 127);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("are normalised if inverse lengths are requested", async () => {
    const {
      bytes,
      factors: found,
      norms: inverse,
    } = await quantised(
      [
        [3, 4],
        [0, 0],
        [1e-30, 0],
        [0, -1e15],
      ],
      true,
    );
    expect(bytes).toEqual([
      [95, 127],
      [0, 0],
      [0, 0],
      [0, -127],
    ]);
    expect(inverse).toEqual([Math.fround(0.2), 0, 0, Math.fround(1e-15)]);
    expect(found).toEqual([Math.fround(0.8 / 127), 0, 0, Math.fround(1 / 127)]);
  });

  it("end at the first row that is not finite or too long", async () => {
    for (const invalid of [Number.NaN, Infinity, -Infinity, 3e38])
      expect(
        (
          await quantised([
            [1, 2],
            [1, invalid],
            [invalid, 1],
          ])
        ).validRows,
      ).toBe(1);
  });
});
