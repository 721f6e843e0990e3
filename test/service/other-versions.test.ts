import { join } from "node:path";
import { pino } from "pino";
import { expect, it, onTestFinished, vi } from "vitest";
import { openVersions } from "../../src/model/format/versions.ts";
import { noColdStartSongs } from "../../src/recommend/cold-start/cold-start-songs.ts";
import type { Recommender } from "../../src/recommend/query/recommender.ts";
import { createActiveModel } from "../../src/service/active-model.ts";
import { createModelLoader } from "../../src/service/model-loader.ts";
import { createModelRetention } from "../../src/service/model-retention.ts";
import { createOtherVersions, type OtherVersions } from "../../src/service/other-versions.ts";
import { openLocalStore } from "../../src/store/local/local-store.ts";
import { createMutex } from "../../src/training/jobs/mutex.ts";
import { fourSongs, publishModel, temporaryFolder } from "../model/small-models.ts";

const notFinite = { ...fourSongs, input: fourSongs.input.map(() => [Number.NaN, 0]), output: fourSongs.output ?? [] };

/** Version 4 is active. Version 5 cannot be loaded. */
async function setUp() {
  const folder = await temporaryFolder();
  const versions = await openVersions(join(folder, "models"));
  for (const model of [fourSongs, fourSongs, fourSongs, fourSongs, notFinite]) await publishModel(versions, model);
  const store = await openLocalStore(folder);
  const logger = pino({ level: "silent" });
  const loader = createModelLoader({ versions, provisional: noColdStartSongs, logger, exact: true, index: "scan" });
  const open = vi.spyOn(loader, "open");
  const released: number[] = [];
  const release = (recommender: Recommender) => {
    released.push(recommender.model.version);
    void recommender.close();
  };
  const mutex = createMutex();
  const takeLoaded = (version: number) => others.take(version);
  const activeModel = createActiveModel({ loader, store, mutex, release, logger, takeLoaded });
  const others: OtherVersions = createOtherVersions({ loader, activeModel, release, logger });
  const shared = { versions, mutex, logger, keep: 5, neededByJobs: () => [] };
  const retention = createModelRetention({ ...shared, activeModel, otherVersions: others });
  await activeModel.activate(4);
  open.mockClear();
  onTestFinished(async () => {
    await Promise.all([others.close(), activeModel.close()]);
    await store.close();
  });
  const get = (version: number) => others.get(version, () => {});
  return {
    activeModel,
    others,
    retention,
    released,
    get,
    /** Repeats the request until the version is loaded. */
    getLoaded: (version: number) => vi.waitFor(() => get(version), { interval: 5 }),
    opened: () => open.mock.calls.map(([version]) => version),
    lastOpened: () => open.mock.results.at(-1)?.value as Promise<Recommender>,
  };
}

const loading = { code: "MODEL_LOADING", status: 409, params: { retryAfter: 1 } };

it("requests at once start one load, and the loaded version stays in memory", async () => {
  const { get, getLoaded, opened } = await setUp();
  const requests = await Promise.allSettled(Array.from({ length: 5 }, () => get(1)));
  expect(requests).toMatchObject(requests.map(() => ({ reason: loading })));
  const recommender = await getLoaded(1);
  expect(recommender.model.version).toBe(1);
  expect(await get(1)).toBe(recommender);
  expect(opened()).toEqual([1]);
});

it("the next version replaces the one before, and never cancels its load", async () => {
  const { get, getLoaded, opened, released } = await setUp();
  await expect(get(1)).rejects.toMatchObject(loading);
  await expect(get(2)).rejects.toMatchObject(loading);
  await getLoaded(1);
  expect([opened(), released]).toEqual([[1], []]);
  await getLoaded(2);
  expect([opened(), released]).toEqual([[1, 2], [1]]);
});

it("the active version and the standby are not loaded again", async () => {
  const { activeModel, get, opened } = await setUp();
  await activeModel.activate(3);
  for (const version of [3, 4]) expect((await get(version)).model.version).toBe(version);
  expect(opened()).toEqual([3]);
});

it.each(["loaded", "loading"])("a version that is %s is activated without a second load", async (state) => {
  const { activeModel, others, get, getLoaded, opened, released } = await setUp();
  await expect(get(1)).rejects.toMatchObject(loading);
  if (state === "loaded") await getLoaded(1);
  await activeModel.activate(1);
  expect(await get(1)).toBe(activeModel.get());
  expect([opened(), released, others.take(1)]).toEqual([[1], [], undefined]);
});

it("a version that an activation loads is not loaded on demand too", async () => {
  const { activeModel, get, opened } = await setUp();
  const activation = activeModel.activate(2);
  await expect(get(2)).rejects.toMatchObject(loading);
  await activation;
  expect(await get(2)).toBe(activeModel.get());
  expect(opened()).toEqual([2]);
});

it.each(["loaded", "loading"])("a version that is deleted while it is %s leaves the memory", async (state) => {
  const { others, retention, get, getLoaded, lastOpened, released } = await setUp();
  await expect(get(1)).rejects.toMatchObject(loading);
  if (state === "loaded") await getLoaded(1);
  await retention.remove(1);
  const isOpened = await lastOpened().then(
    () => true,
    () => false,
  );
  expect(released).toEqual(isOpened ? [1] : []);
  expect(others.take(1)).toBeUndefined();
  await expect(get(1)).rejects.toMatchObject({ code: "MODEL_NOT_FOUND", status: 404 });
});

it("a failed load is reported to every request for ten seconds; an activation or a later request repeats it", async () => {
  const { activeModel, get, opened, lastOpened } = await setUp();
  await expect(get(5)).rejects.toMatchObject(loading);
  await expect(lastOpened()).rejects.toThrow();
  const failed = { code: "MODEL_UNSOUND", message: expect.stringContaining("is not finite") };
  for (let i = 0; i < 3; i++) await expect(get(5)).rejects.toMatchObject(failed);
  await expect(activeModel.activate(5)).rejects.toMatchObject(failed);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_001 });
  onTestFinished(() => void vi.useRealTimers());
  await expect(get(5)).rejects.toMatchObject(loading);
  expect(opened()).toEqual([5, 5, 5]);
});

it("close ends the search threads of the loaded version", async () => {
  const { others, getLoaded } = await setUp();
  const close = vi.spyOn(await getLoaded(1), "close");
  await others.close();
  expect(close).toHaveBeenCalledOnce();
});
