import { writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../../../src/model/model.ts";
import { openVersions, type Versions } from "../../../src/model/format/versions.ts";
import { createRecommender } from "../../../src/recommend/query/recommender.ts";
import { superviseTraining } from "../../../src/training/process/supervisor.ts";
import { type Overrides, resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { useFolder } from "../../helpers/folder.ts";
import { groupedPlaylists } from "../../helpers/plays.ts";
import { loadVersion } from "../../../src/model/loading/load.ts";

const at = useFolder();

/** Of a component of a vector of a song that a rate of 1e-9 leaves where it is. */
const tolerance = 1e-4;

/** 10 groups of 20 songs; in the second file each group has five more, which stand among the others. */
const lists = (size: number) => groupedPlaylists({ groups: 10, size, playlists: 1000, length: 8, seed: size });
const csv = (playlists: readonly (readonly number[])[], size: number) =>
  [
    "Category,master_number",
    ...playlists.flatMap((playlist, i) => playlist.map((song) => `${i},g${Math.floor(song / size)}-${song % size}`)),
  ].join("\n");

let versions: Versions;

async function train(
  size: number,
  overrides: Overrides,
  warmStart: number | null = null,
): Promise<{ version: number; loss: number; model: Model }> {
  const file = at(`${size}.csv`);
  await writeFile(file, csv(lists(size), size));
  const source = {
    playlists: [file],
    playlistColumn: "Category",
    songColumn: "master_number",
    songIds: "text" as const,
  };
  const hyperparameters = resolveHyperparameters("article", {
    vectorSize: 24,
    workers: 1,
    minCount: 1,
    epochs: 1,
    ...overrides,
  });
  const { version, summary } = await superviseTraining({
    task: {
      source,
      hyperparameters,
      kernels: ["relaxed-simd", "simd"],
      trainedBy: "a test",
      sample: false,
    },
    versions,
    warmStart,
  });
  expect(summary.warmStart).toBe(warmStart);
  return { version, loss: summary.lossByEpoch[0] ?? Number.NaN, model: await loadVersion(versions, version) };
}

function vectorOf(
  { input, output, rows, stride, vectorSize }: Model,
  songId: string,
): { input: number[]; output: number[] } {
  const start = (rows.get(songId) ?? Number.NaN) * stride;
  const [first, second] = [input, output].map((matrix) => [...(matrix?.subarray(start, start + vectorSize) ?? [])]);
  return { input: first ?? [], output: second ?? [] };
}

const difference = (a: readonly number[], b: readonly number[]) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);
const length = (vector: readonly number[]) => Math.hypot(...vector);

beforeAll(async () => {
  versions = await openVersions(at("models"));
  await train(20, { epochs: 5 });
});

describe("a warm start", () => {
  it("keeps known songs at a tiny learning rate; new ones start with random inputs and zero outputs", async () => {
    const before = await loadVersion(versions, 1);
    const { model } = await train(25, { alpha: 1e-9 }, 1);
    expect(model.manifest.warmStart).toBe(1);
    for (const songId of ["g0-0", "g3-19", "g9-7"]) {
      const [old, now] = [vectorOf(before, songId), vectorOf(model, songId)];
      expect(length(old.input)).toBeGreaterThan(0.5);
      expect(difference(old.input, now.input)).toBeLessThan(tolerance);
      expect(difference(old.output, now.output)).toBeLessThan(tolerance);
    }
    const fresh = vectorOf(model, "g3-22");
    expect(Math.max(...fresh.input.map(Math.abs))).toBeLessThanOrEqual(1 / 24);
    expect(length(fresh.input)).toBeGreaterThan(0);
    expect(length(fresh.output)).toBeLessThan(tolerance);
  });

  it("has a lower loss in its first epoch than a cold start, and ranks new songs with similar ones", async () => {
    const cold = await train(25, {});
    const warm = await train(25, { epochs: 3 }, 1);
    expect(warm.loss).toBeLessThan(0.9 * cold.loss);
    const { items } = await (await createRecommender(warm.model)).similar("g3-22", { limit: 10 });
    expect(items.filter(({ songId }) => songId.startsWith("g3-")).length).toBeGreaterThanOrEqual(9);
  });

  it("copies input vectors only if either version has hierarchical softmax", async () => {
    const tiny = { alpha: 1e-9 };
    const tree = await train(20, { ...tiny, hs: true }, 1);
    expect(
      difference(vectorOf(await loadVersion(versions, 1), "g1-1").input, vectorOf(tree.model, "g1-1").input),
    ).toBeLessThan(tolerance);
    expect(tree.model.output?.every((value) => Math.abs(value) < tolerance)).toBe(true);
    const trained = await train(20, { hs: true }, 1);
    expect(trained.model.output?.some((value) => Math.abs(value) > 0.1)).toBe(true);
    const back = await train(20, tiny, trained.version);
    expect(difference(vectorOf(trained.model, "g1-1").input, vectorOf(back.model, "g1-1").input)).toBeLessThan(
      tolerance,
    );
    expect(back.model.output?.every((value) => Math.abs(value) < tolerance)).toBe(true);
  });

  it("is rejected before reading if the version does not exist or has another vector size", async () => {
    const staged = async () => (await versions.list()).length;
    const count = await staged();
    await expect(train(20, {}, 99)).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
    await expect(train(20, { vectorSize: 25 }, 1)).rejects.toMatchObject({ code: "WARM_START_MISMATCH", status: 422 });
    expect(await staged()).toBe(count);
  });
});
