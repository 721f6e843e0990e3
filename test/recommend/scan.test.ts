import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileScan, loadScan, type ScanKernel } from '../../src/recommend/scan.ts';

const pages = 16;
const start = 65_536;

/** Scores of a kernel for rows of `dimensions` values, padded with zeros to a multiple of 16, in shared memory. */
async function scored(kernel: ScanKernel, rows: readonly (readonly number[])[], query: readonly number[]): Promise<number[]> {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65_536, shared: true });
  const stride = Math.ceil(query.length / 16) * 16;
  const values = new Float32Array(memory.buffer, start);
  for (const [row, list] of [query, ...rows].entries()) values.set(list, row * stride);
  const matrix = start + stride * 4;
  const scores = matrix + rows.length * stride * 4;
  const scan = (await compileScan(kernel)).bind(memory);
  scan(matrix, rows.length, stride, start, scores);
  const after = new Float32Array(memory.buffer, scores + rows.length * 4, 16);
  expect([...after].every((value) => value === 0)).toBe(true);
  return [...new Float32Array(memory.buffer, scores, rows.length)];
}

function problem(value: fc.Arbitrary<number>) {
  return fc.integer({ min: 1, max: 300 }).chain((dimensions) => {
    const vector = fc.array(value, { minLength: dimensions, maxLength: dimensions });
    return fc.record({ rows: fc.array(vector, { maxLength: 9 }), query: vector });
  });
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

describe.each<ScanKernel>(['relaxed', 'simd', 'typescript'])('the %s scan', (kernel) => {
  it('gives the exact dot product of every row where no rounding can occur', async () => {
    await fc.assert(
      fc.asyncProperty(problem(fc.integer({ min: -64, max: 64 })), async ({ rows, query }) => {
        expect((await scored(kernel, rows, query)).map((score) => score + 0)).toEqual(rows.map((row) => dot(row, query) + 0));
      }),
      { numRuns: 150 },
    );
  });

  it('agrees with double precision within a millionth of what is summed', async () => {
    const unit = fc.float({ min: -1, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(problem(unit), async ({ rows, query }) => {
        const scores = await scored(kernel, rows, query);
        for (const [row, values] of rows.entries()) {
          const mass = values.reduce((sum, value, i) => sum + Math.abs(value * (query[i] ?? 0)), 0);
          expect(Math.abs((scores[row] ?? 0) - dot(values, query))).toBeLessThanOrEqual(1e-6 * mass + 1e-37);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('the scan of this runtime', () => {
  it('is the relaxed one, compiled once', async () => {
    const [first, second] = await Promise.all([loadScan(), loadScan()]);
    expect(first.kernel).toBe('relaxed');
    expect(second).toBe(first);
  });
});
