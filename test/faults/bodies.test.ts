import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ask, askJson, longestDelay, probe, report, startBuilt, within } from "../helpers/built-service.ts";

const json = { "content-type": "application/json" };
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
    ["a number beyond all", `{"songs":["1"],"limit":1${"0".repeat(100_000)}}`, 400],
  ] as const;

  it("are turned away, and hold the event loop for no longer than a good request may", async () => {
    const { port } = await startBuilt();
    const good = JSON.stringify({ songs: Array.from({ length: 10_000 }, (_, i) => `${i % 1000}`) });
    const send = (body: string) => ask(port, "/v1/recommendations", { method: "POST", headers: json, body });
    const figures: Record<string, number> = {};
    for (const [name, body, expected] of [["10,000 songs, which is allowed", good, 200] as const, ...bombs]) {
      await send(body);
      await longestDelay(port);
      const { result, failed } = await probe(port, "/health/live", Promise.all([1, 2, 3, 4, 5].map(() => send(body))));
      figures[`${name}:`] = await longestDelay(port);
      expect([name, ...new Set(result.map(({ status }) => status))]).toEqual([name, expected]);
      expect(failed).toBe(0);
    }
    report(18, { "event loop late by ms at most,": "", ...figures });
    for (const [name, milliseconds] of Object.entries(figures)) expect(milliseconds, name).toBeLessThan(within(100));
  });
});

describe("row 19: compressed bodies", () => {
  it("are not inflated", async () => {
    const service = await startBuilt();
    const body = gzipSync(Buffer.alloc(100_000_000), { level: 9 });
    const before = service.memory();
    for (const coding of ["gzip", "GZIP", "br", "deflate", "identity, gzip"]) {
      const answer = await ask(service.port, "/v1/recommendations", {
        method: "POST",
        headers: { ...json, "content-encoding": coding },
        body,
      });
      expect([answer.status, JSON.parse(answer.body).code]).toEqual([415, "ENCODING_UNSUPPORTED"]);
    }
    report(19, { "MiB more": service.memory() - before });
    expect(service.memory() - before).toBeLessThan(32);
    expect(
      (
        await askJson(
          service.port,
          "/v1/recommendations",
          { songs: ["1"] },
          { headers: { "content-encoding": "identity" } },
        )
      ).status,
    ).toBe(200);
  });
});
