import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { createDataDirectory } from "../helpers/built-service.ts";
import { report, timeLimit } from "../helpers/fault-form.ts";
import { followJob, request } from "../helpers/http.ts";
import { until } from "../helpers/process.ts";

/** A file system of 20 MB in memory; undefined if the user may not mount one. */
function smallDisk(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "song2vec-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=20m", "tmpfs", folder], { stdio: "ignore" });
    return folder;
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
}

const disk = process.platform === "linux" ? smallDisk() : undefined;

/** Fills the file system. */
function fill(path: string): void {
  const file = openSync(path, "w");
  for (const size of [1 << 20, 4096]) {
    try {
      for (;;) if (writeSync(file, Buffer.alloc(size, 1)) < size) break;
    } catch (error) {
      expect(error).toMatchObject({ code: "ENOSPC" });
    }
  }
  closeSync(file);
}

it.skipIf(disk === undefined)(
  "row 5: on a full disk writes get 507, reads and deletions work, and writes recover (needs permission to mount)",
  async () => {
    const data = disk ?? "";
    onTestFinished(() => {
      execFileSync("umount", ["-l", data]);
      rmSync(data, { recursive: true });
    });
    const service = await createDataDirectory({ dataDir: join(data, "data") });
    const { port } = await service.start();
    const songs = Array.from({ length: 100 }, (_, i) => `a song with a long name, number ${i}`);
    const put = (id: string) => request(port, `/v1/playlists/${id}`, { method: "PUT", json: { songs } });
    for (let i = 0; i < 200; i++) expect((await put(`before-${i}`)).status).toBe(201);

    fill(join(data, "filler"));
    const statuses = new Set<number>();
    let refused = "";
    for (let i = 0; i < 3000 && refused === ""; i++) {
      const { status, json } = await put(`during-${i}`);
      statuses.add(status);
      if (status !== 201) {
        expect(json).toMatchObject({ status: 507, code: "STORAGE_FULL" });
        refused = `during-${i}`;
      }
    }
    expect([...statuses].filter((status) => status !== 201)).toEqual([507]);
    for (let i = 0; i < 20; i++) expect((await put(`refused-${i}`)).status).toBe(507);
    expect((await request(port, `/v1/playlists/${refused}`)).status).toBe(404);
    expect((await request(port, "/v1/playlists/before-7")).json).toMatchObject({ songs });
    expect((await request(port, "/v1/playlists?limit=1000")).json.items.length).toBeGreaterThanOrEqual(200);
    expect((await request(port, "/v1/songs/1/similar")).status).toBe(200);
    expect((await request(port, "/health/ready")).status).toBe(200);
    expect((await request(port, "/v1/training-jobs", { json: {} })).json).toMatchObject({ status: 507 });
    const lines = Array.from({ length: 50 }, (_, i) => JSON.stringify({ playlistId: `line-${i}`, songs })).join("\n");
    const importing = await request(port, "/v1/playlists/import", {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: lines,
    });
    expect([importing.status, importing.json.code]).toEqual([507, "STORAGE_FULL"]);
    for (let i = 0; i < 100; i++)
      expect((await request(port, `/v1/playlists/before-${i}`, { method: "DELETE" })).status).toBe(204);

    rmSync(join(data, "filler"));
    const workedAfter = await until(async () => (await put("after")).status === 201, timeLimit(10_000));
    const { json } = await request(port, "/v1/training-jobs", {
      json: {
        hyperparameters: { epochs: 1, vectorSize: 8 },
        activate: "always",
      },
    });
    expect(await followJob(port, json.jobId)).toMatchObject({ state: "succeeded" });
    expect(readdirSync(join(data, "data/models")).filter((name) => name.startsWith(".staging"))).toEqual([]);
    report(5, { "works again after ms": workedAfter });
  },
);

it.skipIf(disk === undefined)(
  "row 5: a training that fills the disk fails with the reason, and leaves no files (needs permission to mount)",
  async () => {
    const data = smallDisk() ?? "";
    onTestFinished(() => {
      execFileSync("umount", ["-l", data]);
      rmSync(data, { recursive: true });
    });
    const service = await createDataDirectory({ dataDir: join(data, "data") });
    const { port } = await service.start();
    const before = readdirSync(join(data, "data/models"));
    const songs = Array.from({ length: 9000 }, (_, i) => `song ${i % 3000}`);
    for (let i = 0; i < 3; i++) await request(port, `/v1/playlists/large-${i}`, { method: "PUT", json: { songs } });
    const { json } = await request(port, "/v1/training-jobs", {
      json: {
        hyperparameters: { epochs: 1, vectorSize: 1024, window: 1, negative: 1 },
      },
    });
    const job = await followJob(port, json.jobId);
    expect(job).toMatchObject({ state: "failed", modelVersion: null });
    expect(job.error.message).toMatch(/ENOSPC|no space|full/i);
    expect(readdirSync(join(data, "data/models"))).toEqual(before);
    expect((await request(port, "/v1/songs/1/similar")).json).toMatchObject({ modelVersion: 1 });
  },
);
