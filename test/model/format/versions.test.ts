import { mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { openVersions, parseVersion } from "../../../src/model/format/versions.ts";
import { loadNewest, loadVersion } from "../../../src/model/loading/load.ts";
import { startProgram, waitFor } from "../../helpers/process.ts";
import { fourSongs, publishedModel, publishModel, temporaryFolder } from "../small-models.ts";

describe("publishing", () => {
  it("numbers the versions from 1 and leaves no staging folder", async () => {
    const { versions, folder } = await publishedModel();
    expect(await publishModel(versions, fourSongs)).toBe(2);
    expect((await readdir(folder)).toSorted()).toEqual(["1", "2"]);
  });

  it("numbers concurrent versions distinctly, also from two instances", async () => {
    const folder = await temporaryFolder();
    const instances = await Promise.all([openVersions(folder), openVersions(folder)]);
    const numbers = await Promise.all(
      [0, 1, 2, 3, 4, 5].map((i) => publishModel(instances[i % 2] ?? instances[0], fourSongs)),
    );
    expect(numbers.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const number of numbers) expect(await loadVersion(instances[0], number)).toMatchObject({ version: number });
  });

  it("skips the numbers of corrupt versions and of other files", async () => {
    const { versions, folder } = await publishedModel();
    await mkdir(join(folder, "7"));
    expect(await publishModel(versions, fourSongs)).toBe(8);
    await writeFile(join(folder, "9"), "");
    expect(await publishModel(versions, fourSongs)).toBe(10);
  });

  it("accepts staging folders only", async () => {
    const { versions, folder } = await publishedModel();
    for (const path of [join(folder, "1"), folder, join(folder, ".staging-1-ab", "..", "1")]) {
      await expect(versions.publish(path)).rejects.toThrow(RangeError);
      await expect(versions.discard(path)).rejects.toThrow(RangeError);
    }
  });
});

describe("staging folders", () => {
  it("are removed when discarded", async () => {
    const { versions, folder } = await publishedModel();
    const staging = await versions.createStaging();
    await writeFile(join(staging, "songs.jsonl"), "half");
    await versions.discard(staging);
    expect(await readdir(folder)).toEqual(["1"]);
  });

  it("are removed if their process has ended, and kept while it runs", async () => {
    const { versions, folder } = await publishedModel();
    const own = await versions.createStaging();
    const file = new URL("../../../src/model/format/versions.ts", import.meta.url);
    const script = `const { openVersions } = await import(${JSON.stringify(file.href)});
      const versions = await openVersions(${JSON.stringify(folder)});
      console.log(await versions.createStaging());
      setInterval(() => {}, 1000);`;
    const other = startProgram(["--input-type=module", "-e", script]);
    onTestFinished(() => void other.child.kill("SIGKILL"));
    const [, otherStaging = ""] = await waitFor(other, /^(.+)\n/);
    await mkdir(join(folder, `.staging-${process.pid}-0c`)); // of an earlier release
    expect(await versions.removeStaleStaging()).toBe(1);
    const folders = async () => (await readdir(folder)).filter((name) => !name.endsWith(".lock")).toSorted();
    expect(await folders()).toEqual(["1", basename(own), basename(otherStaging)].toSorted());
    other.child.kill("SIGKILL");
    await other.ended;
    expect(await versions.removeStaleStaging()).toBe(1);
    expect(await folders()).toEqual(["1", basename(own)].toSorted());
    await versions.discard(own);
    expect(await readdir(folder)).toEqual(["1"]);
  });

  it("are not listed as versions", async () => {
    const { versions } = await publishedModel();
    await versions.createStaging();
    expect((await versions.list()).map(({ version }) => version)).toEqual([1]);
  });
});

describe("the list of versions", () => {
  it("is ordered by number, with the manifest or the reason of corruption", async () => {
    const { versions, folder } = await publishedModel();
    await mkdir(join(folder, "9"));
    await publishModel(versions, fourSongs);
    await truncate(join(folder, "1/songs.jsonl"), 10);
    expect(await versions.list()).toMatchObject([
      { version: 1, problem: "models/1/songs.jsonl is corrupt: 10 bytes instead of 137" },
      { version: 9, problem: "models/9/model.json is corrupt: file not found" },
      { version: 10, manifest: { songs: 4, vectorSize: 2, lossByEpoch: [2.5, 1.25] } },
    ]);
  });

  it("is empty in a new folder", async () => {
    const versions = await openVersions(join(await temporaryFolder(), "deep/models"));
    expect(await versions.list()).toEqual([]);
    expect(await loadNewest(versions)).toBeUndefined();
  });
});

describe("loading", () => {
  it("loads the newest valid version, and reports the corrupt versions that it skips", async () => {
    const { versions, folder } = await publishedModel();
    for (let i = 0; i < 10; i++) await publishModel(versions, fourSongs);
    await rm(join(folder, "11/vectors.safetensors"));
    await truncate(join(folder, "10/songs.jsonl"), 10);
    const skipped: [number, unknown][] = [];
    const model = await loadNewest(versions, {}, (version, { params }) => skipped.push([version, params["file"]]));
    expect(model?.version).toBe(9);
    expect(skipped).toEqual([
      [11, "models/11/vectors.safetensors"],
      [10, "models/10/songs.jsonl"],
    ]);
  });

  it("returns undefined if no version is valid", async () => {
    const { versions, folder } = await publishedModel();
    await truncate(join(folder, "1/model.json"), 10);
    expect(await loadNewest(versions)).toBeUndefined();
  });

  it("rejects a version that does not exist", async () => {
    const { versions } = await publishedModel();
    for (const version of [2, 0, -1, 1.5, Number.NaN, 1e9, 1e21]) {
      await expect(loadVersion(versions, version)).rejects.toMatchObject({
        code: "MODEL_NOT_FOUND",
        params: { version: String(version) },
      });
    }
  });

  it("rejects with the reason of an abort", async () => {
    const { versions } = await publishedModel();
    await expect(loadNewest(versions, { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
  });
});

describe("the name of a version", () => {
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
