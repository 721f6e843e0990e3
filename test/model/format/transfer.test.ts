import { truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openTransfer } from "../../../src/model/format/transfer.ts";
import { fourSongs, publishedModel } from "../small-models.ts";

const matrices = (rows: number) => ({
  input: new Float32Array(rows * 16).fill(7),
  output: new Float32Array(rows * 16).fill(8),
  stride: 16,
});
const rows = (matrix: Float32Array) =>
  Array.from({ length: matrix.length / 16 }, (_, row) => [...matrix.subarray(row * 16, row * 16 + 3)]);

describe("transferring vectors", () => {
  it("copies the vectors of shared songs, and leaves other rows unchanged", async () => {
    const { folder } = await publishedModel();
    const transfer = await openTransfer(join(folder, "1"), ["new", "c", "a"], "numbers");
    expect(transfer.sharedSongs).toBe(2);
    const target = matrices(3);
    await transfer.copy(target);
    expect(rows(target.input)).toEqual([
      [7, 7, 7],
      [0, 1, 7],
      [1, 0, 7],
    ]);
    expect(rows(target.output)).toEqual([
      [8, 8, 8],
      [2, 0, 8],
      [0, 1, 8],
    ]);
  });

  it.each([
    ["numbers", "text", ["101"], ["0101", "101", "x"], [[7], [0], [7]]],
    ["numbers", "text", ["101"], ["x", "0101"], [[7], [0]]],
    ["text", "numbers", ["0101", " b", "101"], ["b", "101"], [[1], [2]]],
    ["text", "numbers", ["00101", "101.0"], ["101"], [[0]]],
    ["text", "text", ["0101"], ["101"], [[7]]],
    ["numbers", "numbers", ["0012", "12"], ["12"], [[1]]],
  ] as const)("from ids as %s to ids as %s: %j to %j", async (from, to, ids, targetIds, expected) => {
    const { folder } = await publishedModel({
      songs: ids.map((id) => ({ id, count: 1 })),
      input: ids.map((_, row) => [row]),
      manifest: { songIds: from },
    });
    const transfer = await openTransfer(join(folder, "1"), targetIds, to);
    const target = matrices(targetIds.length);
    await transfer.copy(target);
    expect(rows(target.input).map(([first]) => [first])).toEqual(expected);
    expect(transfer.sharedSongs).toBe(expected.filter(([value]) => value !== 7).length);
  });

  it("skips output vectors if none are requested", async () => {
    const { folder } = await publishedModel();
    const { input, output, stride } = matrices(1);
    await (await openTransfer(join(folder, "1"), ["b"], "numbers")).copy({ input, output: null, stride });
    expect([rows(input), rows(output)]).toEqual([[[Math.fround(0.6), Math.fround(0.8), 7]], [[8, 8, 8]]]);
  });

  it("leaves output vectors unchanged if the version has none", async () => {
    const { folder } = await publishedModel({ ...fourSongs, output: null });
    const target = matrices(1);
    await (await openTransfer(join(folder, "1"), ["c"], "numbers")).copy(target);
    expect([rows(target.input), rows(target.output)]).toEqual([[[0, 1, 7]], [[8, 8, 8]]]);
  });

  it("copies many vectors in blocks", async () => {
    const songs = Array.from({ length: 3000 }, (_, i) => ({ id: `${i}`, count: 1 }));
    const { folder } = await publishedModel({
      songs,
      input: songs.map((_, i) => Array.from({ length: 100 }, (_unused, d) => i + d / 128)),
    });
    const target = { input: new Float32Array(3000 * 112), output: new Float32Array(3000 * 112), stride: 112 };
    await (await openTransfer(join(folder, "1"), songs.map(({ id }) => id).toReversed(), "numbers")).copy(target);
    for (const row of [0, 1, 1234, 2998, 2999])
      expect([target.input[row * 112 + 99], target.output[row * 112]]).toEqual([2999 - row + 99 / 128, 2999 - row]);
  });

  it("rejects a corrupt version, with the file named", async () => {
    const { folder } = await publishedModel();
    const corrupt = async (version: string, change: (file: string) => Promise<void>) => {
      await change(join(folder, version, "vectors.safetensors"));
      return openTransfer(join(folder, version), ["a"], "numbers").then((transfer) => transfer.copy(matrices(1)));
    };
    await expect(corrupt("1", (file) => writeFile(file, Buffer.alloc(8), { flag: "r+" }))).rejects.toMatchObject({
      code: "MODEL_DAMAGED",
      params: { file: "models/1/vectors.safetensors" },
    });
    await expect(corrupt("1", (file) => truncate(file, 10))).rejects.toMatchObject({ code: "MODEL_DAMAGED" });
    await expect(openTransfer(join(folder, "2"), ["a"], "numbers")).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
  });

  it("rejects vectors that are not finite", async () => {
    const { folder } = await publishedModel({
      ...fourSongs,
      output: [
        [0, 1],
        [1, Number.NaN],
        [2, 0],
        [0, -1],
      ],
    });
    const copying = openTransfer(join(folder, "1"), ["b"], "numbers").then((transfer) => transfer.copy(matrices(1)));
    await expect(copying).rejects.toMatchObject({
      code: "MODEL_DAMAGED",
      message: expect.stringContaining("row 1 is not finite"),
    });
  });
});
