import { Histogram, Registry } from "prom-client";
import { expect, it } from "vitest";
import { RouteTimes } from "../../src/http/route-times.ts";

it("times by route read as those of a histogram of prom-client", async () => {
  const [ours, theirs] = [new Registry(), new Registry()];
  const configuration = { name: "seconds", help: "Time to answer", buckets: [0.001, 0.5, 2] };
  const times = new RouteTimes({ ...configuration, registers: [ours] });
  const histogram = new Histogram({ ...configuration, labelNames: ["route"], registers: [theirs] });
  for (const [route, seconds] of [
    ["/a", 0.25],
    ["/a", 0.001],
    ["/b", 7],
    ["/a", 0.5],
    ["/b", 1.5],
    ["/a", 0.0625],
  ] as const) {
    times.record(route, seconds);
    histogram.observe({ route }, seconds);
  }
  expect((await ours.metrics()).split("\n")).toEqual((await theirs.metrics()).split("\n"));
});
