import { mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeWithChecksum } from "../../../src/model/format/checksummed-json.ts";
import type { Versions } from "../../../src/model/format/versions.ts";
import { runs } from "../../helpers/fault-form.ts";
import { fourSongs, nextSongsOf, publishedModel } from "../small-models.ts";
import { loadVersion } from "../../../src/model/loading/load.ts";

const files = ["model.json", "songs.jsonl", "vectors.safetensors", "next-songs.safetensors"];
const model = { ...fourSongs, nextSongs: nextSongsOf(4, 16) };

async function expectRejected(versions: Versions, file: string): Promise<void> {
  await expect(loadVersion(versions, 1)).rejects.toMatchObject({
    code: "MODEL_DAMAGED",
    params: { file: `models/1/${file}` },
  });
}

describe.each(files)("a model whose %s", (file) => {
  it("has a flipped bit is rejected, with the file named", async () => {
    const { versions, folder } = await publishedModel(model);
    const path = join(folder, "1", file);
    const valid = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(valid.length - 1), fc.nat(7), async (at, bit) => {
        await writeFile(
          path,
          valid.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte)),
        );
        await expectRejected(versions, file);
      }),
      { numRuns: runs(300) },
    );
    await writeFile(path, valid);
    await expect(loadVersion(versions, 1)).resolves.toMatchObject({ version: 1 });
  });

  it("is truncated is rejected, with the file named", async () => {
    const { versions, folder } = await publishedModel(model);
    const path = join(folder, "1", file);
    const { length } = await readFile(path);
    for (let size = length - 1; size >= 0; size -= 7) {
      await truncate(path, size);
      await expectRejected(versions, file);
    }
  });

  it("has extra bytes at the end is rejected, with the file named", async () => {
    const { versions, folder } = await publishedModel(model);
    await writeFile(join(folder, "1", file), "\n", { flag: "a" });
    await expectRejected(versions, file);
  });

  it("is missing is rejected, with the file named", async () => {
    const { versions, folder } = await publishedModel(model);
    await rm(join(folder, "1", file));
    await expectRejected(versions, file);
  });

  it("is a directory is rejected, with the file named", async () => {
    const { versions, folder } = await publishedModel(model);
    await rm(join(folder, "1", file));
    await mkdir(join(folder, "1", file));
    await expectRejected(versions, file);
  });
});

describe("a model folder", () => {
  it("may be of a release without next-song vectors", async () => {
    const { versions, folder } = await publishedModel();
    const { nextSongs: _, ...earlier } = (await versions.find(1)).manifest;
    await writeFile(join(folder, "1", "model.json"), encodeWithChecksum(earlier));
    expect(await loadVersion(versions, 1)).toMatchObject({ manifest: { nextSongs: null }, songs: { length: 4 } });
  });

  it("may have files and fields of a later release, which are ignored", async () => {
    const { versions, folder } = await publishedModel();
    const { manifest } = await versions.find(1);
    await writeFile(join(folder, "1", "map.safetensors"), "of a later release");
    const later = { ...manifest, map: { kind: "umap" }, files: { ...manifest.files, "map.safetensors": { pages: 1 } } };
    await writeFile(join(folder, "1", "model.json"), encodeWithChecksum(later));
    expect((await loadVersion(versions, 1)).manifest).toEqual(manifest);
  });
});
