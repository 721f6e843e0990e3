import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { useBuiltService } from "../helpers/built-service.ts";
import { isFull, report, timeLimit } from "../helpers/fault-form.ts";
import { longestDelay, measureLatencies, request } from "../helpers/http.ts";

const json = { "content-type": "application/json" };
const service = useBuiltService();
const list = (songs: number) => JSON.stringify({ songs: Array.from({ length: songs }, (_, i) => `${i}`) });
const nested = (depth: number) => `{"songs":${"[".repeat(depth)}${"]".repeat(depth)}}`;

describe("row 18: JSON bombs", () => {
  const bombs = [
    ["1 MiB of [", "[".repeat(2 ** 20), 400],
    ["lists in lists, 500,000 deep", nested(500_000), 400],
    ["100,000 songs in one list", list(100_000), 400],
    [
      "60,000 songs, each with a weight of the wrong type",
      JSON.stringify({ songs: Array.from({ length: 60_000 }, () => ({ weight: "" })) }),
      400,
    ],
    [
      "100,000 songs to leave out",
      JSON.stringify({ songs: ["1"], exclude: Array.from({ length: 100_000 }, (_, i) => `${i}`) }),
      400,
    ],
    ["60,000 unknown fields", `{${Array.from({ length: 60_000 }, (_, i) => `"field${i}":0`).join()}}`, 400],
    ["10 MB", list(1_200_000), 413],
    ["__proto__ as a field", '{"songs":["1"],"__proto__":{"limit":1}}', 400],
    ["a huge number", `{"songs":["1"],"limit":1${"0".repeat(100_000)}}`, 400],
  ] as const;

  it("are rejected, and block the event loop no longer than a valid request", async () => {
    const { port } = service();
    const good = JSON.stringify({ songs: Array.from({ length: 10_000 }, (_, i) => `${i % 1000}`) });
    const send = (body: string) => request(port, "/v1/recommendations", { method: "POST", headers: json, body });
    const figures: Record<string, number> = {};
    for (const [name, body, expected] of [["10,000 songs (valid)", good, 200] as const, ...bombs]) {
      await send(body);
      await longestDelay(port);
      const { result, failed } = await measureLatencies(
        port,
        "/health/live",
        Promise.all([1, 2, 3, 4, 5].map(() => send(body))),
      );
      figures[`${name}:`] = await longestDelay(port);
      // Possible overload on a busy machine.
      const statuses = new Set(result.map(({ status }) => status).filter((status) => isFull || status !== 503));
      expect([name, ...statuses]).toEqual([name, expected]);
      expect(failed).toBe(0);
    }
    report(18, { "event loop late by ms at most,": "", ...figures });
    for (const [name, milliseconds] of Object.entries(figures)) expect(milliseconds, name).toBeLessThan(timeLimit(100));
  });
});

describe("row 19: compressed bodies", () => {
  it("are not decompressed", async () => {
    const body = gzipSync(Buffer.alloc(100_000_000), { level: 1 });
    const { port, memory } = service();
    const before = memory();
    for (const coding of ["gzip", "GZIP", "br", "deflate", "identity, gzip"]) {
      const { status, json: problem } = await request(port, "/v1/recommendations", {
        method: "POST",
        headers: { ...json, "content-encoding": coding },
        body,
      });
      expect([status, problem.code]).toEqual([415, "ENCODING_UNSUPPORTED"]);
    }
    report(19, { "MiB more": memory() - before });
    expect(memory() - before).toBeLessThan(32);
    const headers = { "content-encoding": "identity" };
    expect((await request(port, "/v1/recommendations", { json: { songs: ["1"] }, headers })).status).toBe(200);
  });
});
