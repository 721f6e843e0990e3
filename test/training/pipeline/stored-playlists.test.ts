import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCorpus } from "../../../src/corpus/corpus.ts";
import { createTestService, type TestService } from "../../helpers/service.ts";

const toStored = (lists: readonly string[][]) => lists.map((songs, i) => ({ playlistId: String(i), songs }));
const stored = [
  ["new", "0012", "x", "y", "?"],
  ["new", "12", "x", "y"],
  ["new", "12.0", "z", "y"],
  ["too", "short"],
];

it("stored playlists alone form a corpus, with song ids normalised like those of files", async () => {
  const { vocabulary, offsets, report } = await readCorpus({ sources: [], stored: toStored(stored), minCount: 3 });
  expect(vocabulary.ids).toEqual(["new", "12", "y"]);
  expect([...offsets]).toEqual([0, 3, 6, 9]);
  expect(report).toMatchObject({
    files: [],
    rows: 0,
    stored: 4,
    playlists: { kept: 3, leftOut: 1 },
    plays: { leftOut: 2 },
  });
  await expect(readCorpus({ sources: [], stored: toStored([["a", "b"]]) })).rejects.toMatchObject({
    code: "NO_PLAYLISTS",
    message: "No playlists in stored playlists: every playlist has fewer than 4 songs.",
  });
});

describe("a training", () => {
  let test: TestService;
  const hyperparameters = { epochs: 1, vectorSize: 8, minCount: 3 };
  const inject = (method: "PUT" | "DELETE" | "POST" | "GET", url: string, payload?: object) =>
    test.app.inject({ method, url, ...(payload && { payload }) });

  async function train(overrides = {}) {
    const body = { preset: "article", hyperparameters: { ...hyperparameters, ...overrides } };
    const { jobId } = (await inject("POST", "/v1/training-jobs", body)).json();
    await test.service.queue.waitForEnd(jobId);
    return (await inject("GET", `/v1/training-jobs/${jobId}`)).json();
  }

  beforeAll(async () => {
    test = await createTestService(
      "Category,master_number\n" + Array.from({ length: 60 }, (_, i) => `${i % 10},${i % 6}`).join("\n"),
      { PRESET: "article" },
    );
    test.service.queue.start();
  });
  afterAll(() => test.close());

  it("reads stored playlists in addition to files, as separate playlists, without deleted ones", async () => {
    for (const playlistId of ["0", "1", "2", "3"])
      await inject("PUT", `/v1/playlists/${playlistId}`, { songs: ["mine", "yours", "mine", "5"] });
    expect((await train()).data).toMatchObject({
      rows: 60,
      stored: 4,
      playlists: { kept: 14, leftOut: 0 },
      songs: { kept: 8 },
    });
    expect((await inject("GET", "/v1/songs/mine")).json()).toMatchObject({ count: 8 });

    await inject("PUT", "/v1/playlists/0", { songs: ["mine", "1", "2", "3"] });
    for (const playlistId of ["1", "2", "3"]) await inject("DELETE", `/v1/playlists/${playlistId}`);
    expect((await train()).data).toMatchObject({
      stored: 1,
      playlists: { kept: 11 },
      songs: { kept: 6, belowMinCount: 1 },
    });
    expect((await inject("GET", "/v1/songs/mine")).statusCode).toBe(404);
  });

  it.each([
    [true, "4", 3],
    [false, "0", 0], // by popularity
  ])("counts co-occurring songs of short playlists: %s", async (shortPlaylists, first, short) => {
    for (const playlistId of ["0", "1", "2"]) await inject("PUT", `/v1/playlists/${playlistId}`, { songs: ["1", "4"] });
    const { data } = await train({ shortPlaylists });
    expect(data.playlists).toEqual({ kept: 10, leftOut: 3, short });
    const { items } = (await inject("POST", "/v1/recommendations", { songs: ["1"], strategy: "cooccurrence" })).json<{
      items: { songId: string }[];
    }>();
    expect(items.map(({ songId }) => songId).find((id) => Number(id) % 2 === 0)).toBe(first);
  });
});

describe("without PLAYLISTS", () => {
  it("100 stored playlists replace the sample", async () => {
    const test = await createTestService("", { PLAYLISTS: "", PRESET: "article" });
    for (let i = 0; i < 100; i++)
      await test.service.playlists.put({ playlistId: `${i}`, songs: ["a", "b", `${i % 7}`, `${i % 5}`] });
    await test.service.begin();
    const [job] = test.service.queue.list();
    expect(job).toMatchObject({
      state: "succeeded",
      data: { files: [], stored: 100, playlists: { kept: 100 }, songs: { kept: 9 } },
    });
    await test.close();
  });
});
