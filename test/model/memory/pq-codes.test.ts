import { describe, expect, it } from "vitest";
import { computePqCodes } from "../../../src/model/memory/pq-codes.ts";
import { allocateModel, viewModel } from "../../../src/model/memory/layout.ts";
import { bindEncode, bindQuantise } from "../../../src/model/memory/quantise.ts";
import { createRandom } from "../../../src/word2vec/random.ts";
import { bindEncodeReference } from "./encode-reference.ts";

const shape = { songs: 16_421, vectorSize: 100, outputVectors: false, exact: true, linksPerSong: 0, nextSongs: null };

/** Rows with a normal distribution around a common mean; the first two rows are zero. */
async function quantisedRows() {
  const memory = allocateModel(shape);
  if (!memory) throw new RangeError("out of memory");
  const modelMemory = viewModel(memory, shape);
  const {
    input,
    stride,
    quantised: { input: quantised },
    inverseNorms,
  } = modelMemory;
  if (!input || !quantised.codes) throw new RangeError("no codes");
  const random = createRandom(1, 2, 3);
  const uniform = () => 1 - random();
  for (let row = 2; row < shape.songs; row++) {
    for (let i = 0; i < shape.vectorSize; i++)
      input[row * stride + i] = 1 + Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  }
  (await bindQuantise(memory))(
    input.byteOffset,
    shape.songs,
    stride,
    quantised.values.byteOffset,
    quantised.factors.byteOffset,
    quantised.sums.byteOffset,
    inverseNorms.byteOffset,
  );
  return { memory, stride, quantised, codes: quantised.codes };
}

describe("PQ codes", () => {
  it("estimate products with a query within their stated error", async () => {
    const { memory, stride, quantised, codes } = await quantisedRows();
    computePqCodes(quantised, shape.vectorSize, await bindEncode(memory));
    const { values, factors } = quantised;
    const codeOf = (row: number, subvector: number) =>
      ((codes.bytes[Math.floor(row / 32) * stride * 8 + subvector * 16 + (row % 16)] ?? 0) >> (row % 32 < 16 ? 0 : 4)) &
      15;
    const valueOf = (row: number, i: number) =>
      (values[row * stride + i] ?? 0) * (factors[row] ?? 0) - (codes.mean[i] ?? 0);
    let [squares, count] = [0, 0];
    for (let row = 2; row < shape.songs; row += 7) {
      const query = Array.from({ length: stride }, (_each, i) =>
        i < shape.vectorSize ? Math.sin(row * 100 + i * i) : 0,
      );
      const length = Math.hypot(...query) * Math.hypot(...query.map((_each, i) => valueOf(row, i)));
      let [product, estimate] = [0, 0];
      for (const [i, value] of query.entries()) {
        product += value * valueOf(row, i);
        estimate += value * (codes.codebook[i * 16 + codeOf(row, i >> 1)] ?? 0);
      }
      squares += ((estimate * (codes.scales[row] ?? 0) - product) / length) ** 2;
      count++;
    }
    const deviation = codes.errorDeviation[0] ?? 0;
    expect(Math.sqrt(squares / count) / deviation).toBeGreaterThan(0.9);
    expect(Math.sqrt(squares / count) / deviation).toBeLessThan(1.1);
    expect(deviation).toBeLessThan(0.05);
    const vector = Array.from({ length: stride }, (_each, i) => valueOf(5, i));
    const projection = vector.reduce(
      (sum, value, i) => sum + value * (codes.codebook[i * 16 + codeOf(5, i >> 1)] ?? 0),
      0,
    );
    expect(projection * (codes.scales[5] ?? 0)).toBeCloseTo(
      vector.reduce((sum, value) => sum + value * value, 0),
      4,
    );
  });
});

it("PQ codes of WebAssembly and reference are equal, except for equally near centroids", async () => {
  const [first, second] = [await quantisedRows(), await quantisedRows()];
  computePqCodes(first.quantised, shape.vectorSize, await bindEncode(first.memory));
  computePqCodes(second.quantised, shape.vectorSize, bindEncodeReference(second.memory));
  let same = 0;
  for (const [i, byte] of first.codes.bytes.entries()) if (byte === second.codes.bytes[i]) same++;
  expect(same / first.codes.bytes.length).toBeGreaterThan(0.99);
  expect(Math.abs((first.codes.errorDeviation[0] ?? 0) / (second.codes.errorDeviation[0] ?? 1) - 1)).toBeLessThan(0.01);
});

it("a model with few songs or dimensions has no PQ codes", () => {
  for (const small of [
    { ...shape, songs: 16_383 },
    { ...shape, vectorSize: 80 },
  ]) {
    const memory = allocateModel(small);
    expect(memory && viewModel(memory, small).quantised.input.codes).toBeNull();
  }
});
