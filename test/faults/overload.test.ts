import { expect, it } from "vitest";
import { load, post } from "../bench/serving/http-load.ts";
import { startBuiltService } from "../helpers/built-service.ts";
import { isFull, percentile, report, timeLimit } from "../helpers/fault-form.ts";
import { request as send } from "../helpers/http.ts";

let count = 0;
/** An expensive, uncached request. */
const request = () =>
  post("/v1/recommendations", { songs: ["1"], strategy: "context", limit: 1000, minScore: -1e6 - count++ });

it("row 15: under overload half of the capacity is served, the rest gets 503, and it recovers", async () => {
  const { port, memory } = await startBuiltService({ model: { songs: isFull ? 100_000 : 20_000, vectorSize: 64 } });
  await load({ port, connections: 64, seconds: 2, request });
  const capacity = await load({ port, connections: 64, seconds: isFull ? 5 : 2, request });
  const before = memory();
  const rate = 3 * capacity.perSecond;
  const over = await load({ port, connections: 256, seconds: isFull ? 30 : 4, request, rate });
  const grown = memory() - before;
  await new Promise((resolve) => setTimeout(resolve, isFull ? 5000 : 2000));
  const after = await load({ port, connections: 64, seconds: isFull ? 5 : 2, request });
  const served = (over.requests - over.refused) / over.seconds;
  const refusals = percentile([...over.refusals], 0.99);
  report(15, {
    "capacity /s": capacity.perSecond,
    "served /s of three times as many": served,
    "refused /s": over.refused / over.seconds,
    "p99 of a refusal, ms": refusals,
    "MiB more": grown,
    "served /s after": after.perSecond,
    "p99 before, ms": capacity.p99,
    "after, ms": after.p99,
  });
  expect([capacity, over, after].map(({ errors }) => errors)).toEqual([0, 0, 0]);
  expect([capacity.refused, after.refused]).toEqual([0, 0]);
  expect(over.refused).toBeGreaterThan(0);
  expect(served).toBeGreaterThan((isFull ? 0.5 : 0.25) * capacity.perSecond);
  expect(refusals).toBeLessThan(timeLimit(Math.max(200, isFull ? 0 : capacity.p99)));
  expect(grown).toBeLessThan(100);
  expect(after.perSecond).toBeGreaterThan((isFull ? 0.75 : 0.4) * capacity.perSecond);
  expect((await send(port, "/health/live")).status).toBe(200);
});
