import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { completeModel } from "../../../src/model/format/write-model.ts";
import type { Model } from "../../../src/model/model.ts";
import { indexPlaylists } from "../../../src/model/memory/playlist-index.ts";
import type { Versions } from "../../../src/model/format/versions.ts";
import { createRandom } from "../../../src/word2vec/random.ts";
import { fourSongs, loadedModel, nextSongsOf, publishedModel, type SmallModel } from "../small-models.ts";
import { loadVersion } from "../../../src/model/loading/load.ts";

/** Vectors of more than one block, with padding. */
function largeModel(): SmallModel {
  const random = createRandom(7, 8, 9);
  const vectors = () => Array.from({ length: 3000 }, () => Array.from({ length: 600 }, () => 2 * random() - 1));
  return {
    songs: Array.from({ length: 3000 }, (_, row) => ({ id: `song ${row}`, count: 3000 - row })),
    input: vectors(),
    output: vectors(),
  };
}

const loadWithoutAndInThread = async (versions: Versions, exact: boolean) =>
  [
    await loadVersion(versions, 1, { thread: false, exact }),
    await loadVersion(versions, 1, { thread: true, exact }),
  ] as const;

function expectSame(inThread: Model, inProcess: Model): void {
  for (const part of ["input", "output", "inverseNorms", "parentBranches", "branchChildren"] as const)
    expect(equal(inThread[part], inProcess[part])).toBe(true);
  for (const matrix of ["input", "output", "nextSongs"] as const)
    for (const part of ["values", "factors", "sums"] as const)
      expect(equal(inThread.quantised[matrix][part], inProcess.quantised[matrix][part])).toBe(true);
  for (const part of ["inverseNorms", "positions"] as const)
    expect(inThread.quantised.nextSongs[part]).toEqual(inProcess.quantised.nextSongs[part]);
}

function equal(a: Float32Array | Int8Array | Int32Array | Uint32Array | null, b: typeof a): boolean {
  if (!a || !b) return a === b;
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

describe("a model loaded in a thread", () => {
  it("equals a model loaded without a thread, with and without exact vectors", async () => {
    for (const model of [fourSongs, { ...largeModel(), nextSongs: nextSongsOf(3000, 112) }]) {
      const { versions } = await publishedModel(model);
      for (const exact of [true, false]) {
        const [inProcess, inThread] = await loadWithoutAndInThread(versions, exact);
        expect([...inThread.songs]).toEqual([...inProcess.songs]);
        expect(model.songs.map(({ id }) => inThread.rows.get(id))).toEqual([...model.songs.keys()]);
        expectSame(inThread, inProcess);
        expect(inThread.quantised.output.values.some((byte) => byte !== 0)).toBe(true);
        expect(inThread.input === null).toBe(!exact);
        expect({ ...inThread.manifest, hasTree: inThread.hasTree }).toEqual({
          ...inProcess.manifest,
          hasTree: inProcess.hasTree,
        });
      }
    }
  });

  it("has its playlists and co-occurring songs", async () => {
    const { versions, folder } = await publishedModel();
    const { manifest } = await versions.find(1);
    const playlists = {
      offsets: Uint32Array.of(0, 3, 5),
      rows: Uint32Array.of(0, 1, 2, 3, 3),
      held: Uint32Array.of(1, 0),
      keys: Uint32Array.of(7, 8),
    };
    const cooccurrence = {
      offsets: Uint32Array.of(0, 1, 2, 2, 2),
      rows: Uint32Array.of(1, 0),
      near: Float32Array.of(0.5, 0.25),
      next: Float32Array.of(0, 1),
    };
    await completeModel(join(folder, "1"), manifest, {
      playlists,
      cooccurrence,
      blend: null,
      evaluation: null,
      peakMemoryMB: null,
    });
    for (const model of await loadWithoutAndInThread(versions, true)) {
      expect(model.playlists).toEqual(playlists);
      expect(model.cooccurrence).toEqual(cooccurrence);
      expect(model.playlistIndex).toEqual(indexPlaylists(playlists, 4));
      expect(model.popularity.counts).toEqual(model.playlistIndex?.playlistCounts);
      expect(model.playlistIndex?.starts.buffer).toBeInstanceOf(SharedArrayBuffer);
    }
    const path = join(folder, "1", "playlists.safetensors");
    const bytes = await readFile(path);
    bytes.subarray(-20).fill(9);
    await writeFile(path, bytes);
    await expect(loadVersion(versions, 1, { thread: true })).rejects.toMatchObject({
      code: "MODEL_DAMAGED",
      params: { file: "models/1/playlists.safetensors" },
    });
  });

  it.each([
    [
      "a vector is not finite",
      { vectors: nextSongsOf(4, 16).vectors.with(2 * 16 + 5, Infinity) },
      "the vector of row 2",
    ],
    ["a position is not finite", { positions: Float32Array.of(1, Number.NaN) }, "a position weight is not finite"],
  ])("is rejected if in its next-song vectors %s", async (_, damage, reason) => {
    const { versions } = await publishedModel({ ...fourSongs, nextSongs: { ...nextSongsOf(4, 16), ...damage } });
    for (const thread of [true, false])
      await expect(loadVersion(versions, 1, { thread })).rejects.toMatchObject({
        code: "MODEL_DAMAGED",
        params: { file: "models/1/next-songs.safetensors", reason: expect.stringContaining(reason) },
      });
  });

  it("is rejected with the row named if a vector is not finite", async () => {
    const { versions } = await publishedModel({
      ...largeModel(),
      output: largeModel().input.map((row, i) => (i === 1234 ? row.map(() => Number.NaN) : row)),
    });
    await expect(loadVersion(versions, 1, { thread: true })).rejects.toMatchObject({
      code: "MODEL_DAMAGED",
      params: { file: "models/1/vectors.safetensors", reason: "the output vector of row 1234 is not finite" },
    });
  });

  it("is rejected with the file named if it is corrupt", async () => {
    for (const file of ["songs.jsonl", "vectors.safetensors"]) {
      const { versions, folder } = await publishedModel(fourSongs);
      const bytes = await readFile(join(folder, "1", file));
      bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1;
      await writeFile(join(folder, "1", file), bytes);
      await expect(loadVersion(versions, 1, { thread: true })).rejects.toMatchObject({
        code: "MODEL_DAMAGED",
        params: { file: `models/1/${file}`, reason: "wrong checksum" },
      });
    }
  });
});

describe("the rows of ids", () => {
  it("are found for every id and for no other text", async () => {
    const ids = [
      "__proto__",
      "constructor",
      '"',
      "\\",
      "\u2028",
      "\uD800",
      "노래",
      " ",
      "a",
      "aa",
      ...Array.from({ length: 3000 }, (_, i) => `${i}`),
    ];
    for (const songIds of ["numbers", "text"] as const) {
      const { rows } = await loadedModel({
        songs: ids.map((id) => ({ id, count: 1 })),
        input: ids.map(() => [1]),
        manifest: { songIds },
      });
      expect(ids.map((id) => rows.get(id))).toEqual(ids.map((_, row) => row));
      for (const id of ["", "b", "3000", "toString", "\uD801", "1E+03"]) expect(rows.get(id)).toBeUndefined();
      for (const id of ["007", "7.0", " 7"]) expect(rows.get(id)).toBe(songIds === "numbers" ? 17 : undefined);
    }
  });
});
