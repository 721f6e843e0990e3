import { describe, expect, it, onTestFinished } from "vitest";
import { openProvisional } from "../../src/service/cold-start-songs.ts";
import { createRecommender } from "../../src/recommend/query/recommender.ts";
import { openLocalStore } from "../../src/store/local/local-store.ts";
import { loadedModel, temporaryFolder } from "../model/small-models.ts";

const song = (songId: string, like = "b") => ({
  songId,
  title: `Title of ${songId}`,
  references: [
    { songId: like, weight: 2 },
    { songId: "c", weight: 0.5 },
  ],
});
const idsOf = (songs: Iterable<{ songId: string }>) => [...songs].map(({ songId }) => songId);

async function openStore(folder: string) {
  const store = await openLocalStore(folder);
  onTestFinished(() => store.close());
  return store;
}

describe("provisional songs", () => {
  it("come back as they were after a restart, in their order; every change changes the revision", async () => {
    const folder = await temporaryFolder();
    const store = await openLocalStore(folder);
    const before = await openProvisional(store.songs, () => undefined);
    expect(await before.put(song("new"))).toEqual({ created: true });
    expect(await before.put(song("gone"))).toEqual({ created: true });
    expect(await before.put(song("newer"))).toEqual({ created: true });
    expect(await before.put(song("new", "d"))).toEqual({ created: false });
    await before.remove("gone");
    await expect(before.remove("gone")).rejects.toMatchObject({ code: "VECTOR_NOT_FOUND", status: 404 });
    await store.close();
    const after = await openProvisional((await openStore(folder)).songs, () => undefined);
    expect([...after.songs]).toEqual([song("new", "d"), song("newer")]);
    const revisions = [after.songs.revision];
    await after.remove("new");
    revisions.push(after.songs.revision);
    await after.put(song("new", "d"));
    revisions.push(after.songs.revision);
    expect(new Set(revisions).size).toBe(3);
  });

  it("are limited in number; those that the model has come to know make room, the oldest first", async () => {
    const recommender = await createRecommender(await loadedModel());
    const provisional = await openProvisional((await openStore(await temporaryFolder())).songs, () => recommender, 3);
    for (const songId of ["new", "d", "c"]) await provisional.put(song(songId));
    await provisional.put(song("newer"));
    expect(idsOf(provisional.songs)).toEqual(["new", "c", "newer"]);
    await provisional.put(song("newest"));
    await expect(provisional.put(song("too many"))).rejects.toMatchObject({
      code: "TOO_MANY_PROVISIONAL_SONGS",
      status: 409,
    });
    expect(await provisional.put(song("new", "a"))).toEqual({ created: false });
    expect(idsOf(provisional.songs)).toEqual(["new", "newer", "newest"]);
  });

  it("stored in several spellings by an earlier release are one song, replaced and removed as one", async () => {
    const store = await openStore(await temporaryFolder());
    for (const songId of ["0777", "777.0"]) {
      const document = { title: songId, references: [["a", 1]] };
      await store.songs.save({ songId, document });
    }
    const { songs, put, remove } = await openProvisional(store.songs, () => undefined);
    const recommender = await createRecommender(await loadedModel(), 0, songs);
    expect(recommender.coldStartSongs().all).toMatchObject([{ songId: "777", title: "777.0" }]);
    expect(recommender.song("00777")).toMatchObject({ songId: "777", provisional: true });
    expect(await put(song("777", "b"))).toEqual({ created: false });
    expect(idsOf(songs)).toEqual(["777"]);
    await put(song("x"));
    await remove("0777");
    expect((await store.songs.list()).map(({ songId }) => songId)).toEqual(["x"]);
  });

  it("of many that are asked for at once, no more than the limit come in", async () => {
    const provisional = await openProvisional((await openStore(await temporaryFolder())).songs, () => undefined, 5);
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => provisional.put(song(`new ${i}`))));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    expect(provisional.songs.size).toBe(5);
  });
});
