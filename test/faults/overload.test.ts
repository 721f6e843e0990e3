import { describe, expect, it } from "vitest";
import { type Client, connect, post } from "../bench/http-load.ts";
import { ask, full, percentile, report, startBuilt, within } from "../helpers/built-service.ts";

let asked = 0;
/** Something that takes a while, and was never asked before. */
const question = () => ({ songs: ["1"], strategy: "context", limit: 1000, minScore: -1e6 - asked++ });

interface Load {
  readonly served: number[];
  readonly surplus: number;
  readonly other: number;
  readonly seconds: number;
}

/** Keeps so many requests under way for so long, or asks at a rate, whatever becomes of what it asked before, over as many connections at most. */
async function load(
  port: number,
  { connections, rate, seconds }: { connections: number; rate?: number; seconds: number },
): Promise<Load> {
  const free: Client[] = [];
  let opened = 0;
  const served: number[] = [];
  let surplus = 0;
  let other = 0;
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  async function open(): Promise<Client> {
    if (opened++ === connections) throw new Error(`${connections} connections are too few`);
    return connect(port);
  }
  async function one(): Promise<void> {
    const began = performance.now();
    const client = free.pop() ?? (await open());
    const { status, headers } = await client.ask(post("/v1/recommendations", question()));
    if (status === 200) served.push(performance.now() - began);
    else if (status === 503 && headers.includes("\r\nretry-after: 1\r\n")) surplus++;
    else other++;
    free.push(client);
  }
  if (rate === undefined) {
    const client = async () => {
      while (elapsed() < seconds) await one();
    };
    await Promise.all(Array.from({ length: connections }, client));
  } else {
    const sent: Promise<void>[] = [];
    while (elapsed() < seconds) {
      while (sent.length < elapsed() * rate) sent.push(one());
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await Promise.all(sent);
  }
  for (const client of free) client.close();
  return { served, surplus, other, seconds: elapsed() };
}

describe("row 15: overload", () => {
  it("is turned away with 503 and Retry-After; the rest is served, and soon after all is as before", async () => {
    const { port } = await startBuilt({ songs: full ? 100_000 : 30_000, vectorSize: 64 });
    const calm = { connections: 4, seconds: full ? 5 : 1.5 };
    await load(port, calm);
    const before = await load(port, calm);
    const rate = ({ served, seconds }: Load) => served.length / seconds;
    const over = await load(port, { connections: 2000, rate: 3 * rate(before), seconds: full ? 10 : 3 });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const after = await load(port, calm);
    const p99 = ({ served }: Load) => percentile(served, 0.99);
    report(15, {
      "served /s before": rate(before),
      "served /s of three times as many": rate(over),
      "turned away /s": over.surplus / over.seconds,
      "p99 ms before": p99(before),
      during: p99(over),
      after: p99(after),
      "served /s after": rate(after),
    });
    expect([before.other, over.other, after.other, before.surplus, after.surplus]).toEqual([0, 0, 0, 0, 0]);
    expect(over.surplus).toBeGreaterThan(0);
    expect(over.served.length).toBeGreaterThan(0);
    expect(p99(over)).toBeLessThan(within(500));
    if (full) expect(rate(over)).toBeGreaterThan(0.5 * rate(before));
    expect((await ask(port, "/health/live")).status).toBe(200);
  });

  it("by clients that ask again as soon as they are refused leaves time for answers", async () => {
    const { port } = await startBuilt({ songs: full ? 100_000 : 30_000, vectorSize: 64 });
    const seconds = full ? 10 : 3;
    await load(port, { connections: 64, seconds: 2 });
    const before = await load(port, { connections: 64, seconds });
    const crowd = await load(port, { connections: 1000, seconds });
    const rate = ({ served, seconds: over }: Load) => served.length / over;
    report(15, {
      "served /s of 64 clients": rate(before),
      "of 1,000": rate(crowd),
      "turned away /s": crowd.surplus / crowd.seconds,
      "p99 ms of 64": percentile(before.served, 0.99),
      "of 1,000, ms": percentile(crowd.served, 0.99),
    });
    expect([before.other, crowd.other]).toEqual([0, 0]);
    expect(crowd.surplus).toBeGreaterThan(0);
    expect(crowd.served.length).toBeGreaterThan(0);
    if (full) expect(rate(crowd)).toBeGreaterThan(0.5 * rate(before));
  });
});
