import { describe, expect, it, onTestFinished } from "vitest";
import type { Store } from "../../src/store/store.ts";
import { hostileIds } from "../helpers/playlists.ts";

/** Storage on which a store can be opened, closed and reopened. */
export interface StoreFixture {
  open(): Promise<Store>;
  remove(): Promise<void>;
}

const changed = { code: "PLAYLIST_CHANGED", status: 412 };
const notFound = { code: "PLAYLIST_NOT_FOUND", status: 404 };

/** Contract tests for every driver of the store. */
export function describeStore(driver: string, createFixture: () => Promise<StoreFixture>): void {
  async function openFixture(): Promise<{ open: () => Promise<Store>; reopen: (store: Store) => Promise<Store> }> {
    const created = await createFixture();
    const opened: Store[] = [];
    onTestFinished(async () => {
      for (const store of opened) await store.close();
      await created.remove();
    });
    async function open(): Promise<Store> {
      const store = await created.open();
      opened.push(store);
      return store;
    }
    async function reopen(store: Store): Promise<Store> {
      opened.splice(opened.indexOf(store), 1);
      await store.close();
      return open();
    }
    return { open, reopen };
  }
  const openStore = async () => (await openFixture()).open();
  const idsOf = (page: { playlists: readonly { playlistId: string }[] }) =>
    page.playlists.map(({ playlistId }) => playlistId);

  describe(`playlists in ${driver}`, () => {
    it("are read as they were stored, with order and repeated songs", async () => {
      const { playlists } = await openStore();
      const songs = [...hostileIds, "a", "a", "", "0012", "nul\0byte", "\ud800"];
      const { playlist, created } = await playlists.put({ playlistId: "list", songs });
      expect(created).toBe(true);
      expect(await playlists.get("list")).toEqual({
        playlistId: "list",
        songs,
        revision: playlist.revision,
        updatedAt: playlist.updatedAt,
      });
    });

    it("may have any id", async () => {
      const { playlists } = await openStore();
      for (const playlistId of hostileIds) await playlists.put({ playlistId, songs: [playlistId] });
      for (const playlistId of hostileIds) expect((await playlists.get(playlistId)).songs).toEqual([playlistId]);
    });

    it("are replaced completely", async () => {
      const { playlists } = await openStore();
      await playlists.put({ playlistId: "list", songs: ["a", "b"] });
      expect(await playlists.put({ playlistId: "list", songs: [] })).toMatchObject({
        created: false,
        playlist: { songs: [] },
      });
      expect((await playlists.get("list")).songs).toEqual([]);
      expect(await playlists.count()).toBe(1);
    });

    it("are not found after removal", async () => {
      const { playlists } = await openStore();
      await playlists.put({ playlistId: "list", songs: ["a"] });
      await playlists.remove("list");
      await expect(playlists.get("list")).rejects.toMatchObject(notFound);
      await expect(playlists.remove("list")).rejects.toMatchObject(notFound);
      expect(await playlists.count()).toBe(0);
    });

    it("change only if the precondition is met", async () => {
      const { playlists } = await openStore();
      const content = { playlistId: "list", songs: ["a"] };
      await expect(playlists.put(content, { match: "*" })).rejects.toMatchObject(changed);
      const { playlist: first } = await playlists.put(content, { noneMatch: "*" });
      await expect(playlists.put(content, { noneMatch: "*" })).rejects.toMatchObject(changed);
      const { playlist: second } = await playlists.put(content, { match: [99, first.revision] });
      await expect(playlists.put({ ...content, songs: ["lost"] }, { match: [first.revision] })).rejects.toMatchObject(
        changed,
      );
      await expect(playlists.remove("list", { match: [first.revision] })).rejects.toMatchObject(changed);
      expect((await playlists.get("list")).songs).toEqual(["a"]);
      await expect(playlists.remove("list", { noneMatch: [second.revision] })).rejects.toMatchObject(changed);
      await playlists.remove("list", { match: [second.revision], noneMatch: [first.revision] });
      const { playlist: third } = await playlists.put(content, { noneMatch: "*" });
      expect(third.revision).toBeGreaterThan(second.revision);
    });

    it("have separate results for concurrent changes", async () => {
      const { playlists } = await openStore();
      const ids = Array.from({ length: 300 }, (_, i) => `list ${i % 200}`);
      const results = await Promise.allSettled(
        ids.map((playlistId, i) => playlists.put({ playlistId, songs: [`${i}`] }, { noneMatch: "*" })),
      );
      expect(results.map(({ status }) => status)).toEqual(ids.map((_, i) => (i < 200 ? "fulfilled" : "rejected")));
      expect(await playlists.count()).toBe(200);
      expect((await playlists.get("list 7")).songs).toEqual(["7"]);
    });

    it("are stored in bulk, the last one of each id", async () => {
      const { playlists } = await openStore();
      await playlists.putAll(Array.from({ length: 3000 }, (_, i) => ({ playlistId: `${i % 2000}`, songs: [`${i}`] })));
      expect(await playlists.count()).toBe(2000);
      expect([(await playlists.get("5")).songs, (await playlists.get("1500")).songs]).toEqual([["2005"], ["1500"]]);
      await playlists.putAll([]);
    });

    it("are paged in the order of the bytes of their ids", async () => {
      const { playlists } = await openStore();
      const ids = ["A", "B", "a", "ab", "b", "é", "노", "🎵"];
      await playlists.putAll(ids.toReversed().map((playlistId) => ({ playlistId, songs: [playlistId] })));
      const first = await playlists.page({ limit: 3 });
      expect([idsOf(first), first.more]).toEqual([["A", "B", "a"], true]);
      const second = await playlists.page({ after: "a", limit: 5 });
      expect([idsOf(second), second.more]).toEqual([["ab", "b", "é", "노", "🎵"], false]);
      await playlists.remove("ab");
      expect(idsOf(await playlists.page({ after: "ab", limit: 1 }))).toEqual(["b"]);
    });

    it("have shorter pages if they are long", async () => {
      const { playlists } = await openStore();
      const songs = Array.from({ length: 1000 }, (_, i) => `${i} `.padEnd(900, "x"));
      for (const playlistId of ["a", "b", "c", "d"]) await playlists.put({ playlistId, songs });
      const page = await playlists.page({ limit: 100 });
      expect([idsOf(page), page.more]).toEqual([["a", "b"], true]);
    });

    it("count once as changed for each playlist, and once for each removal", async () => {
      const { playlists, updateState } = await openStore();
      expect(await playlists.revision()).toBe(0);
      await playlists.putAll(["a", "b", "c"].map((playlistId) => ({ playlistId, songs: ["1"] })));
      const before = await playlists.revision();
      expect(await playlists.changesSince(0)).toBe(3);
      expect(await playlists.changesSince(before)).toBe(0);
      for (const song of ["2", "3", "4"]) await playlists.put({ playlistId: "a", songs: [song] });
      await playlists.remove("b");
      await playlists.put({ playlistId: "d", songs: [] });
      expect(await playlists.changesSince(before)).toBe(3);
      await updateState({ trainedRevision: await playlists.revision() });
      expect(await playlists.changesSince(await playlists.revision())).toBe(0);
    });

    it("are durable, with the order of their changes", async () => {
      const { open, reopen } = await openFixture();
      const store = await open();
      await store.playlists.put({ playlistId: "kept", songs: ["a"] });
      await store.playlists.put({ playlistId: "gone", songs: ["a"] });
      await store.playlists.remove("gone");
      const revision = await store.playlists.revision();
      const { playlists } = await reopen(store);
      expect((await playlists.get("kept")).songs).toEqual(["a"]);
      expect(await playlists.count()).toBe(1);
      expect(await playlists.revision()).toBe(revision);
      expect((await playlists.put({ playlistId: "gone", songs: [] })).playlist.revision).toBe(revision + 1);
    });
  });

  describe(`jobs in ${driver}`, () => {
    it("are listed in insertion order, with their latest content", async () => {
      const { open, reopen } = await openFixture();
      const store = await open();
      for (const jobId of ["c", "a", "b"])
        await store.jobs.save({ jobId, idempotencyKey: null, document: { state: "queued" } });
      await store.jobs.save({
        jobId: "c",
        idempotencyKey: null,
        document: { state: "running", epochs: [{ loss: 0.1 }] },
      });
      await store.jobs.remove(["a", "no such job"]);
      const { jobs } = await reopen(store);
      expect(await jobs.list()).toEqual([
        { jobId: "c", idempotencyKey: null, document: { state: "running", epochs: [{ loss: 0.1 }] } },
        { jobId: "b", idempotencyKey: null, document: { state: "queued" } },
      ]);
    });

    it("have unique idempotency keys", async () => {
      const { jobs } = await openStore();
      await jobs.save({ jobId: "a", idempotencyKey: "key", document: null });
      await expect(jobs.save({ jobId: "b", idempotencyKey: "key", document: null })).rejects.toThrow();
      expect(await jobs.list()).toHaveLength(1);
    });
  });

  describe(`songs in ${driver}`, () => {
    it("are listed in insertion order, with their latest content, and may have any id", async () => {
      const { open, reopen } = await openFixture();
      const store = await open();
      for (const songId of hostileIds) await store.songs.save({ songId, document: { references: [] } });
      await store.songs.save({ songId: hostileIds[0] ?? "", document: { references: [{ songId: "a", weight: 0.5 }] } });
      await store.songs.remove([hostileIds[1] ?? "", "no such song"]);
      const { songs } = await reopen(store);
      expect(await songs.list()).toEqual(
        hostileIds
          .toSpliced(1, 1)
          .map((songId, i) => ({ songId, document: { references: i === 0 ? [{ songId: "a", weight: 0.5 }] : [] } })),
      );
    });
  });

  it(`the state of ${driver} is durable, and its fields are independent`, async () => {
    const { open, reopen } = await openFixture();
    const store = await open();
    expect(await store.state()).toEqual({ activeVersion: null, trainedRevision: 0 });
    await store.updateState({ activeVersion: 7 });
    await store.updateState({ trainedRevision: 12 });
    const { state } = await reopen(store);
    expect(await state()).toEqual({ activeVersion: 7, trainedRevision: 12 });
  });
}
