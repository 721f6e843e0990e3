import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createActiveModel } from "../../src/service/active-model.ts";
import { createModelRelease } from "../../src/service/model-release.ts";
import { createModelLoader } from "../../src/service/model-loader.ts";
import { writeModel } from "../../src/model/format/write-model.ts";
import { openVersions } from "../../src/model/format/versions.ts";
import { noColdStartSongs } from "../../src/recommend/cold-start/cold-start-songs.ts";
import { openLocalStore } from "../../src/store/local/local-store.ts";
import { createMutex } from "../../src/training/jobs/mutex.ts";
import { report } from "../helpers/fault-form.ts";
import { contentOf, fourSongs, publishModel, temporaryFolder } from "../model/small-models.ts";
import { loadNewest } from "../../src/model/loading/load.ts";

/** Each file system call decrements the counter; the one that reaches zero fails. */
let countdown = Number.POSITIVE_INFINITY;
const restore: (() => void)[] = [];

function failing(target: object, names: readonly string[]): void {
  for (const name of names) {
    const original: unknown = Reflect.get(target, name);
    if (typeof original !== "function") throw new TypeError(`no ${name}`);
    Reflect.set(target, name, function (this: unknown, ...args: unknown[]): unknown {
      countdown--;
      if (countdown === 0) return Promise.reject(Object.assign(new Error(`EIO: i/o error, ${name}`), { code: "EIO" }));
      return Reflect.apply(original, this, args);
    });
    restore.push(() => Reflect.set(target, name, original));
  }
}

beforeAll(async () => {
  const handle = await fs.promises.open(import.meta.filename);
  failing(Object.getPrototypeOf(handle), ["read", "write", "sync", "stat"]);
  await handle.close();
  failing(fs.promises, ["open", "mkdir", "readdir", "rename", "rm", "readFile", "writeFile", "stat"]);
  syncBuiltinESMExports();
});
afterAll(() => {
  for (const undo of restore) undo();
  syncBuiltinESMExports();
});

/** Runs an action with its k-th file system call failing, for each k. @returns the number of calls */
async function forEachCall(work: (failed: boolean) => Promise<void>, attempt: () => Promise<unknown>): Promise<number> {
  for (let k = 1; k < 1000; k++) {
    countdown = k;
    const failed = await attempt().then(
      () => false,
      () => true,
    );
    const reached = countdown <= 0;
    countdown = Number.POSITIVE_INFINITY;
    await work(failed);
    if (!reached) return k - 1;
  }
  throw new Error("it never gets to its end");
}

it("row 6: if any file call of a publish fails, versions stay complete and staging folders are removed", async () => {
  const versions = await openVersions(join(await temporaryFolder(), "models"));
  await publishModel(versions, fourSongs);
  let newest = 1;
  const calls = await forEachCall(
    async (failed) => {
      const list = await versions.list();
      expect(list.filter((version) => "problem" in version)).toEqual([]);
      const model = await loadNewest(versions);
      expect(model?.songs.length).toBe(4);
      if (failed) expect(model?.version).toBeLessThanOrEqual(newest + 1);
      newest = model?.version ?? 0;
    },
    async () => {
      const staging = await versions.createStaging();
      try {
        await writeModel(staging, contentOf(fourSongs));
        await versions.publish(staging);
      } catch (error) {
        await versions.discard(staging);
        throw error;
      }
    },
  );
  report(6, { "file calls of a publish": calls });
  expect(calls).toBeGreaterThan(15);
});

it("row 6: if any file call of an activation fails, the previous version stays active", async () => {
  const folder = await temporaryFolder();
  const versions = await openVersions(join(folder, "models"));
  for (let i = 0; i < 2; i++) await publishModel(versions, fourSongs);
  const store = await openLocalStore(folder);
  const logger = pino({ level: "silent" });
  const loader = createModelLoader({
    versions,
    provisional: noColdStartSongs,
    logger,
    exact: true,
    index: "auto",
  });
  const activeModel = createActiveModel({
    loader,
    store,
    mutex: createMutex(),
    release: createModelRelease(logger),
    logger,
  });
  await activeModel.activate(1);
  const calls = await forEachCall(
    async (failed) => {
      expect(activeModel.version()).toBe(failed ? 1 : 2);
      expect((await store.state()).activeVersion).toBe(failed ? 1 : 2);
    },
    () => activeModel.activate(2),
  );
  report(6, { "file calls of an activation": calls });
  expect(calls).toBeGreaterThan(5);
  await store.close();
});
