import { expect, it } from "vitest";
import { load, post } from "../bench/serving/http-load.ts";
import { startBuilt } from "../helpers/built-service.ts";
import { full, percentile, report, within } from "../helpers/figures.ts";
import { request as send } from "../helpers/http.ts";

let count = 0;
/** Something that takes a while, and is not cached. */
const request = () =>
  post("/v1/recommendations", { songs: ["1"], strategy: "context", limit: 1000, minScore: -1e6 - count++ });

it("row 15: overload from kept connections: half of the capacity is served, the surplus is refused at once, and soon all is as before", async () => {
  const { port, memory } = await startBuilt({ model: { songs: full ? 100_000 : 20_000, vectorSize: 64 } });
  await load({ port, connections: 64, seconds: 2, request });
  const capacity = await load({ port, connections: 64, seconds: full ? 5 : 2, request });
  const before = memory();
  const rate = 3 * capacity.perSecond;
  const over = await load({ port, connections: 256, seconds: full ? 30 : 4, request, rate });
  const grown = memory() - before;
  await new Promise((resolve) => setTimeout(resolve, full ? 5000 : 2000));
  const after = await load({ port, connections: 64, seconds: full ? 5 : 2, request });
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
  expect(served).toBeGreaterThan((full ? 0.5 : 0.25) * capacity.perSecond);
  expect(refusals).toBeLessThan(within(Math.max(200, full ? 0 : capacity.p99)));
  expect(grown).toBeLessThan(100);
  expect(after.perSecond).toBeGreaterThan((full ? 0.75 : 0.4) * capacity.perSecond);
  expect((await send(port, "/health/live")).status).toBe(200);
});
