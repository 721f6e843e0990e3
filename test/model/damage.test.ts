import { mkdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Versions } from "../../src/model/versions.ts";
import { publishedModel } from "./small-models.ts";

const files = ["model.json", "songs.jsonl", "vectors.safetensors"];

async function expectRefused(versions: Versions, file: string): Promise<void> {
  await expect(versions.load(1)).rejects.toMatchObject({ code: "MODEL_DAMAGED", params: { file: `models/1/${file}` } });
}

describe.each(files)("a model whose %s", (file) => {
  it("has any bit flipped is refused, with the file named", async () => {
    const { versions, folder } = await publishedModel();
    const path = join(folder, "1", file);
    const sound = await readFile(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(sound.length - 1), fc.nat(7), async (at, bit) => {
        await writeFile(
          path,
          sound.map((byte, i) => (i === at ? byte ^ (1 << bit) : byte)),
        );
        await expectRefused(versions, file);
      }),
      { numRuns: 300 },
    );
    await writeFile(path, sound);
    await expect(versions.load(1)).resolves.toMatchObject({ version: 1 });
  });

  it("is cut short anywhere is refused, with the file named", async () => {
    const { versions, folder } = await publishedModel();
    const path = join(folder, "1", file);
    const { length } = await readFile(path);
    for (let size = length - 1; size >= 0; size -= 7) {
      await truncate(path, size);
      await expectRefused(versions, file);
    }
  });

  it("goes on after its end is refused, with the file named", async () => {
    const { versions, folder } = await publishedModel();
    await writeFile(join(folder, "1", file), "\n", { flag: "a" });
    await expectRefused(versions, file);
  });

  it("is missing is refused, with the file named", async () => {
    const { versions, folder } = await publishedModel();
    await rm(join(folder, "1", file));
    await expectRefused(versions, file);
  });

  it("is a folder is refused, with the file named", async () => {
    const { versions, folder } = await publishedModel();
    await rm(join(folder, "1", file));
    await mkdir(join(folder, "1", file));
    await expectRefused(versions, file);
  });
});

describe("a model folder", () => {
  it("with a file that is not part of the model is refused, with the file named", async () => {
    const { versions, folder } = await publishedModel();
    await writeFile(join(folder, "1", "notes.txt"), "");
    await expectRefused(versions, "notes.txt");
  });
});
