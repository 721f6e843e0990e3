import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openVersions, parseVersion } from "../../src/model/versions.ts";
import { four, publishedModel, publishModel, temporaryFolder } from "./small-models.ts";

async function pidOfTheDead(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid ?? 0;
}

describe("publishing", () => {
  it("numbers the versions from 1 and leaves no staging folder", async () => {
    const { versions, folder } = await publishedModel();
    expect(await publishModel(versions, four)).toBe(2);
    expect((await readdir(folder)).toSorted()).toEqual(["1", "2"]);
  });

  it("gives two that publish at once two numbers, from two openings of the folder too", async () => {
    const folder = await temporaryFolder();
    const openings = await Promise.all([openVersions(folder), openVersions(folder)]);
    const numbers = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((i) => publishModel(openings[i % 2] ?? openings[0], four)),
    );
    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const number of numbers) expect(await openings[0].load(number)).toMatchObject({ version: number });
  });

  it("counts damaged versions, and anything else of that name", async () => {
    const { versions, folder } = await publishedModel();
    await mkdir(join(folder, "7"));
    expect(await publishModel(versions, four)).toBe(8);
    await writeFile(join(folder, "9"), "");
    expect(await publishModel(versions, four)).toBe(10);
  });

  it("takes staging folders only", async () => {
    const { versions, folder } = await publishedModel();
    for (const path of [join(folder, "1"), folder, join(folder, ".staging-1-ab", "..", "1")]) {
      await expect(versions.publish(path)).rejects.toThrow(RangeError);
      await expect(versions.discard(path)).rejects.toThrow(RangeError);
    }
  });
});

describe("staging folders", () => {
  it("are gone when discarded", async () => {
    const { versions, folder } = await publishedModel();
    const staging = await versions.createStaging();
    await writeFile(join(staging, "songs.jsonl"), "half");
    await versions.discard(staging);
    expect(await readdir(folder)).toEqual(["1"]);
  });

  it("are removed where their process is dead, and kept where it lives", async () => {
    const { versions, folder } = await publishedModel();
    const own = await versions.createStaging();
    const [dead, living] = [`.staging-${await pidOfTheDead()}-0a`, `.staging-${process.ppid}-0b`];
    for (const name of [dead, living]) {
      await mkdir(join(folder, name));
      await writeFile(join(folder, name, "songs.jsonl"), "half");
    }
    expect(await versions.removeStaleStaging()).toBe(1);
    expect((await readdir(folder)).map((name) => join(folder, name)).toSorted()).toEqual(
      [own, join(folder, living), join(folder, "1")].toSorted(),
    );
  });

  it("are removed where an earlier process of the same number left them, as process 1 of a container does", async () => {
    const { versions, folder } = await publishedModel();
    await mkdir(join(folder, `.staging-${process.pid}-0c`));
    expect(await versions.removeStaleStaging()).toBe(1);
    expect(await readdir(folder)).toEqual(["1"]);
  });

  it("are no versions", async () => {
    const { versions } = await publishedModel();
    await versions.createStaging();
    expect((await versions.list()).map(({ version }) => version)).toEqual([1]);
  });
});

describe("the list of versions", () => {
  it("is in the order of their numbers, with the manifest or what is wrong", async () => {
    const { versions, folder } = await publishedModel();
    await mkdir(join(folder, "9"));
    await publishModel(versions, four);
    await truncate(join(folder, "1/songs.jsonl"), 10);
    expect(await versions.list()).toMatchObject([
      { version: 1, problem: "models/1/songs.jsonl is damaged: it has 10 bytes and should have 137" },
      { version: 9, problem: "models/9/model.json is damaged: it is missing" },
      { version: 10, manifest: { songs: 4, vectorSize: 2, lossByEpoch: [2.5, 1.25] } },
    ]);
  });

  it("is empty in a new folder", async () => {
    const versions = await openVersions(join(await temporaryFolder(), "deep/models"));
    expect(await versions.list()).toEqual([]);
    expect(await versions.loadNewest()).toBeUndefined();
  });
});

describe("loading", () => {
  it("takes the newest sound version, and tells of the damaged ones that it passes over", async () => {
    const { versions, folder } = await publishedModel();
    for (let i = 0; i < 10; i++) await publishModel(versions, four);
    await rm(join(folder, "11/vectors.safetensors"));
    await truncate(join(folder, "10/songs.jsonl"), 10);
    const damaged: [number, unknown][] = [];
    const model = await versions.loadNewest({
      onDamaged: (version, { params }) => damaged.push([version, params["file"]]),
    });
    expect(model?.version).toBe(9);
    expect(damaged).toEqual([
      [11, "models/11/vectors.safetensors"],
      [10, "models/10/songs.jsonl"],
    ]);
  });

  it("finds nothing when no version is sound", async () => {
    const { versions, folder } = await publishedModel();
    await truncate(join(folder, "1/model.json"), 10);
    expect(await versions.loadNewest()).toBeUndefined();
  });

  it("says that a version is not there", async () => {
    const { versions } = await publishedModel();
    for (const version of [2, 0, -1, 1.5, Number.NaN, 1e9, 1e21]) {
      await expect(versions.load(version)).rejects.toMatchObject({
        code: "MODEL_NOT_FOUND",
        params: { version: String(version) },
      });
    }
  });

  it("leaves an abort to the caller", async () => {
    const { versions } = await publishedModel();
    await expect(versions.loadNewest({ signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
  });
});

describe("a version’s name", () => {
  it.each(["1", "42", "999999999"])("may be %s", (text) => expect(parseVersion(text)).toBe(Number(text)));
  it.each([
    "",
    "0",
    "01",
    "-1",
    "+1",
    "1.0",
    "1e3",
    " 1",
    "1\n",
    "1/..",
    "..",
    "../1",
    "%2e",
    "1\0",
    "٣",
    "1000000000",
  ])("may not be %j", (text) => expect(parseVersion(text)).toBeUndefined());
});
