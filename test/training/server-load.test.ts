import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createLoadFollower, processorSeconds, shareBeside } from "../../src/training/server-load.ts";

function beBusy(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
}

describe("beside a server a trainer works", () => {
  it.each([
    [0, 1],
    [0.05, 1],
    [0.175, 0.575],
    [0.3, 0.15],
    [1, 0.15],
  ])("where that takes %d of all processors: %d of the time", (load, share) => {
    expect(shareBeside(load)).toBeCloseTo(share, 10);
  });
});

describe.skipIf(process.platform !== "linux")("what processors have worked for a process", () => {
  it("grows with what its threads do", () => {
    const before = processorSeconds(process.pid) ?? Number.NaN;
    beBusy(300);
    expect(processorSeconds(process.pid)).toBeGreaterThan(before + 0.03);
  });

  it("is not known of one that is not there", () => {
    expect(processorSeconds(2 ** 30)).toBeUndefined();
  });

  it("makes the share, again and again", async () => {
    const follow = createLoadFollower(process.pid);
    beBusy(500);
    expect(follow()).toBeLessThan(1);

    const idle = spawn("sleep", ["60"]);
    const followIdle = createLoadFollower(idle.pid ?? 0);
    await setTimeout(100);
    expect(followIdle()).toBe(1);

    idle.kill();
    await new Promise((resolve) => idle.once("exit", resolve));
    expect(followIdle()).toBeUndefined();
  });
});
