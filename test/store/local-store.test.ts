import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { migrate } from "../../src/store/local/schema.ts";
import { openLocalStore } from "../../src/store/local/local-store.ts";
import { readStoredPlaylists } from "../../src/store/local/snapshot.ts";
import { temporaryFolder } from "../model/small-models.ts";
import { describeStore } from "./contract.ts";

describeStore("the local store", async () => {
  const folder = await mkdtemp(join(tmpdir(), "song2vec-store-"));
  return { open: () => openLocalStore(folder), remove: () => rm(folder, { recursive: true }) };
});

describe("the database of a data directory", () => {
  it("uses a write-ahead log", async () => {
    const folder = await temporaryFolder();
    const store = await openLocalStore(folder);
    const database = new DatabaseSync(join(folder, "song2vec.db"), { readOnly: true });
    expect(database.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    database.close();
    await store.close();
  });

  it("is migrated step by step, and keeps its content", () => {
    const database = new DatabaseSync(":memory:");
    migrate(database, ["CREATE TABLE first (value); INSERT INTO first VALUES (1);"]);
    migrate(database, [
      "CREATE TABLE first (value); INSERT INTO first VALUES (1);",
      "ALTER TABLE first ADD COLUMN more DEFAULT 2;",
    ]);
    expect(database.prepare("SELECT * FROM first").get()).toEqual({ value: 1, more: 2 });
    expect(() => migrate(database, [])).toThrow(
      "Database format 2 is newer than this version of song2vec supports (0).",
    );
  });

  it("is rejected if it is not a database", async () => {
    const folder = await temporaryFolder();
    await writeFile(
      join(folder, "song2vec.db"),
      "not a database, but a text that is long enough to look like one".repeat(100),
    );
    await expect(openLocalStore(folder)).rejects.toThrow("not a database");
  });

  it("is read from one snapshot while it is written", async () => {
    const folder = await temporaryFolder();
    expect([...readStoredPlaylists(folder)]).toEqual([]);
    const store = await openLocalStore(folder);
    for (const playlistId of ["b", "a"]) await store.playlists.put({ playlistId, songs: [playlistId, "1"] });
    const reading = readStoredPlaylists(folder);
    expect(reading.next().value).toEqual({ playlistId: "a", songs: ["a", "1"] });
    await store.playlists.put({ playlistId: "b", songs: ["changed"] });
    await store.playlists.put({ playlistId: "c", songs: ["new"] });
    expect([...reading]).toEqual([{ playlistId: "b", songs: ["b", "1"] }]);
    expect([...readStoredPlaylists(folder)]).toEqual([
      { playlistId: "a", songs: ["a", "1"] },
      { playlistId: "b", songs: ["changed"] },
      { playlistId: "c", songs: ["new"] },
    ]);
    await store.close();
  });
});
