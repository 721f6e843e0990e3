import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openChecked } from "../../../src/model/format/checked-file.ts";
import { readSafetensorsHeader, type Tensor, writeSafetensors } from "../../../src/model/format/safetensors.ts";
import { runs } from "../../helpers/fault-form.ts";
import { temporaryFolder } from "../small-models.ts";

async function headerOf(bytes: Uint8Array) {
  const path = join(await temporaryFolder(), "x.safetensors");
  await writeFile(path, bytes);
  await using file = await openChecked(path, "x.safetensors", { size: bytes.length, sha256: "" });
  return (await readSafetensorsHeader(file)).tensors;
}

async function written(tensors: readonly Tensor[], metadata?: Record<string, string>): Promise<Buffer> {
  const path = join(await temporaryFolder(), "x.safetensors");
  await writeSafetensors(path, tensors, metadata);
  return readFile(path);
}

function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = Buffer.alloc(8 + json.length + dataBytes);
  bytes.writeBigUInt64LE(BigInt(json.length));
  json.copy(bytes, 8);
  return bytes;
}

const tensor = (over: object = {}) => ({ dtype: "F32", shape: [2], data_offsets: [0, 8], ...over });
const corrupt = { code: "MODEL_DAMAGED", params: { file: "x.safetensors" } };

describe("a safetensors file", () => {
  it("consists of the length of the header, the header padded to 64 bytes, and the values", async () => {
    const bytes = await written([{ name: "x", dtype: "F32", shape: [1, 2], data: Float32Array.of(1, -2) }], {
      made: "by hand",
    });
    expect(bytes.readBigUInt64LE()).toBe(120n);
    expect(bytes.toString("utf8", 8, 128)).toBe(
      '{"__metadata__":{"made":"by hand"},"x":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}'.padEnd(120),
    );
    expect([bytes.readFloatLE(128), bytes.readFloatLE(132), bytes.length]).toEqual([1, -2, 136]);
  });

  it("stores the rows of a strided matrix without gaps", async () => {
    const data = Float32Array.of(1, 2, 9, 9, 3, 4, 9, 9);
    const bytes = await written([{ name: "x", dtype: "F32", shape: [2, 2], data, stride: 4 }]);
    expect([0, 4, 8, 12].map((at) => bytes.readFloatLE(bytes.length - 16 + at))).toEqual([1, 2, 3, 4]);
  });

  it("preserves name, type, shape and values of any tensors, also from shared memory", async () => {
    const shapes = fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 3 });
    const names = fc.uniqueArray(
      fc.string({ unit: "binary" }).filter((name) => !name.startsWith("__")),
      { minLength: 1, maxLength: 4 },
    );
    await fc.assert(
      fc.asyncProperty(names, shapes, fc.boolean(), async (list, shape, shared) => {
        const count = shape.reduce((product, size) => product * size, 1);
        const tensors = list.map((name, i): Extract<Tensor, { data: Uint32Array }> => {
          const data = new Uint32Array(shared ? new SharedArrayBuffer(count * 4) : new ArrayBuffer(count * 4)).map(
            (_, at) => at * 31 + i,
          );
          return { name, dtype: "U32", shape, data };
        });
        const bytes = await written(tensors);
        const locations = await headerOf(bytes);
        for (const [i, { name, begin, end }] of locations.entries()) {
          expect({
            name,
            values: new Uint32Array(bytes.buffer.slice(bytes.byteOffset + begin, bytes.byteOffset + end)),
          }).toEqual({ name: list[i], values: new Uint32Array(tensors[i]?.data ?? []) });
        }
        expect(locations.map(({ dtype, shape: found }) => ({ dtype, found }))).toEqual(
          list.map(() => ({ dtype: "U32", found: shape })),
        );
      }),
      { numRuns: runs(60) },
    );
  });

  it("returns size and sha256 of the written file", async () => {
    const path = join(await temporaryFolder(), "x.safetensors");
    const { size, sha256 } = await writeSafetensors(path, [
      { name: "x", dtype: "F32", shape: [700_000], data: new Float32Array(700_000).fill(1.5) },
    ]);
    await using file = await openChecked(path, "x.safetensors", { size, sha256 });
    await file.read(new Uint8Array(size));
    expect(() => file.verify()).not.toThrow();
  });

  it("is not written if values do not match the shape", () => {
    expect(() =>
      writeSafetensors("unused", [{ name: "x", dtype: "F32", shape: [3], data: new Float32Array(2) }]),
    ).toThrow(RangeError);
  });
});

describe("an invalid safetensors file is rejected", () => {
  it.each([
    ["no content", new Uint8Array()],
    ["an incomplete length", new Uint8Array(5)],
    ["a header longer than the file", Buffer.from("ffffffffffffff7f7b7d", "hex")],
    ["a header that is not JSON", fileOf('{"x":', 8)],
    ["a header that is not UTF-8", fileOf('{"x":"\uD800"}', 8).map((byte) => (byte === 0xef ? 0xff : byte))],
    ["a list as its header", fileOf([tensor()], 8)],
    ["an unknown type", fileOf({ x: tensor({ dtype: "F64" }) }, 8)],
    ["a negative size", fileOf({ x: tensor({ shape: [-2] }) }, 8)],
    ["sizes that overflow", fileOf({ x: tensor({ shape: [2 ** 52, 2 ** 52, 2 ** 52] }) }, 8)],
    ["a shape that does not match its bytes", fileOf({ x: tensor({ shape: [3] }) }, 8)],
    ["a tensor that ends before it starts", fileOf({ x: tensor({ data_offsets: [8, 0] }) }, 8)],
    ["a tensor beyond the end", fileOf({ x: tensor() }, 4)],
    ["bytes outside any tensor", fileOf({ x: tensor() }, 12)],
    ["a gap", fileOf({ x: tensor(), y: tensor({ data_offsets: [12, 20] }) }, 20)],
    ["an overlap", fileOf({ x: tensor(), y: tensor({ data_offsets: [4, 12] }) }, 12)],
    ["an unknown field", fileOf({ x: tensor({ more: 1 }) }, 8)],
    ["metadata that is not text", fileOf({ __metadata__: { a: 1 }, x: tensor() }, 8)],
  ])("with %s", async (_, bytes) => {
    await expect(headerOf(bytes)).rejects.toMatchObject(corrupt);
  });

  it("with any other header", async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (json) => {
        await expect(headerOf(fileOf(json, 8))).rejects.toMatchObject(corrupt);
      }),
      { numRuns: runs(200) },
    );
  });
});
