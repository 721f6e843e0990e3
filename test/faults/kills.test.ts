import { integerBelow } from "../../src/word2vec/random.ts";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openVersions } from "../../src/model/format/versions.ts";
import { createRandom } from "../../src/word2vec/random.ts";
import { type BuiltService, createDataDirectory } from "../helpers/built-service.ts";
import { isFull, report, timeLimit } from "../helpers/fault-form.ts";
import { getJson, request } from "../helpers/http.ts";
import { childrenOf, isAlive, until, waitFor } from "../helpers/process.ts";

const rounds = isFull ? 10 : 1;
const kills = isFull ? 10 : 3;
const clients = isFull ? 50 : 16;
const hyperparameters = { epochs: 2, vectorSize: 8 };
const random = createRandom(1, 2, 3);

const songsOf = (id: string) => Array.from({ length: 12 }, (_, i) => `${id} song ${i}`);

/** Stores playlists with distinct ids until the server is gone. Records each 201. */
async function storeUntilKilled({ port }: BuiltService, name: string, acknowledged: Set<string>): Promise<void> {
  for (let i = 0; ; i++) {
    const id = `${name}-${i}`;
    try {
      const { status } = await request(port, `/v1/playlists/${id}`, { method: "PUT", json: { songs: songsOf(id) } });
      if (status === 201) acknowledged.add(id);
    } catch {
      return;
    }
  }
}

/** The stored playlists whose ids have a prefix. */
async function storedPlaylists(port: number, start: string): Promise<Map<string, string[]>> {
  const stored = new Map<string, string[]>();
  for (let cursor: string | null = Buffer.from(start).toString("base64url"); cursor !== null;) {
    const json = await getJson(port, `/v1/playlists?limit=1000${cursor && `&cursor=${cursor}`}`);
    for (const { playlistId, songs } of json.items) if (playlistId.startsWith(start)) stored.set(playlistId, songs);
    cursor = json.items.every(({ playlistId }: { playlistId: string }) => playlistId.startsWith(start))
      ? json.next
      : null;
  }
  return stored;
}

/** Compares the stored playlists that have a prefix with the acknowledged ones. */
async function check({ port }: BuiltService, start: string, acknowledged: ReadonlySet<string>): Promise<void> {
  const stored = await storedPlaylists(port, start);
  expect([...acknowledged].filter((id) => id.startsWith(start) && !stored.has(id))).toEqual([]);
  expect([...stored].filter(([id, songs]) => songs.join() !== songsOf(id).join())).toEqual([]);
}

it(
  "rows 1, 2 and 10: kill -9 during writes and a publish loses no data, corrupts none, and leaves no orphan",
  async () => {
    const all = { acknowledged: 0, versions: 0, slowestStart: 0, longestOrphan: 0 };
    for (let round = 0; round < rounds; round++) {
      const { acknowledged, versions, readyAfter, orphansAfter } = await killRepeatedly();
      all.acknowledged += acknowledged;
      all.versions += versions;
      all.slowestStart = Math.max(all.slowestStart, ...readyAfter);
      all.longestOrphan = Math.max(all.longestOrphan, ...orphansAfter);
      report(2, {
        kills: (round + 1) * kills,
        clients,
        acknowledged: all.acknowledged,
        lost: 0,
        torn: 0,
        "slowest start in ms": all.slowestStart,
        "longest orphan in ms": all.longestOrphan,
        versions: all.versions,
      });
    }
    expect(all.slowestStart).toBeLessThan(timeLimit(5000));
  },
  isFull ? 3_600_000 : 120_000,
);

/** Kills and restarts the server on one data directory. */
async function killRepeatedly() {
  const service = await createDataDirectory();
  let served = await service.start();
  const acknowledged = new Set<string>();
  const readyAfter: number[] = [];
  const orphansAfter: number[] = [];
  const states = new Set<string>();
  let known = 1;
  for (let kill = 0; kill < kills; kill++) {
    await request(served.port, "/v1/training-jobs", { json: { hyperparameters, activate: "always" } });
    const clientsDone = Array.from({ length: clients }, (_, client) =>
      storeUntilKilled(served, `${kill}-${client}`, acknowledged),
    );
    if (kill % 2 === 1) await waitFor(served, /"epoch":2,/); // then it writes, publishes and activates
    await new Promise((resolve) => setTimeout(resolve, integerBelow(kill % 2 === 1 ? 2000 : 3000, random)));
    const started = childrenOf(served.child.pid);
    await served.kill();
    await Promise.all(clientsDone);
    orphansAfter.push(await until(() => !started.some(isAlive), timeLimit(5000)));

    served = await service.start();
    readyAfter.push(served.readyAfter);
    const { modelVersion } = await getJson(served.port, "/health/ready");
    expect(modelVersion).toBeGreaterThanOrEqual(known);
    known = modelVersion;
    for (const { state } of (await getJson(served.port, "/v1/training-jobs")).items) states.add(state);
    await check(served, `${kill}-`, acknowledged);
  }
  await check(served, "", acknowledged);
  await served.kill();
  const versions = await openVersions(join(service.dataDir, "models"));
  const corrupt = (await versions.list()).filter((version) => "problem" in version);
  await (await service.start()).kill();
  const staging = (await readdir(join(service.dataDir, "models"))).filter((name) => /^\.staging-\w+$/.test(name));
  expect(corrupt).toEqual([]);
  expect(staging.length).toBeLessThanOrEqual(1);
  expect(states).toContain("interrupted");
  return { acknowledged: acknowledged.size, versions: known, readyAfter, orphansAfter };
}
