import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createSnapshotFile } from "../../../src/training/pipeline/snapshot-file.ts";
import { temporaryFolder } from "../../model/small-models.ts";

it("a snapshot restores what was saved last, shared memory included, and is deleted by remove", async () => {
  const folder = await temporaryFolder();
  const snapshots = createSnapshotFile(join(folder, "best"));
  const shared = new Float32Array(new SharedArrayBuffer(64), 16, 8);
  const large = new Float32Array(5_000_000);
  const matrices = [shared, large];
  for (const value of [1, 2]) {
    shared.fill(value);
    large.fill(-value);
    await snapshots.save(matrices);
  }
  for (const matrix of matrices) matrix.fill(0);
  await snapshots.restore(matrices);
  expect(shared.every((value) => value === 2)).toBe(true);
  expect(large.every((value) => value === -2)).toBe(true);
  expect([...new Float32Array(shared.buffer)].filter((value) => value !== 0)).toHaveLength(8);
  await snapshots.remove();
  expect(await readdir(folder)).toEqual([]);
});
