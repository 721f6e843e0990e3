import { spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { pace } from "../../src/training/pacing.ts";

interface Signal {
  readonly name: string;
  readonly at: number;
}

/** Records what a paced process would be sent beside `server` while this one does something. */
async function signalsBeside(server: number, meanwhile: () => Promise<void>): Promise<Signal[]> {
  const signals: Signal[] = [];
  const stop = pace(server, (name) => signals.push({ name, at: performance.now() }));
  await meanwhile();
  stop();
  const sent = signals.length;
  await setTimeout(100);
  expect(signals).toHaveLength(sent);
  return signals;
}

/** Busy for so long but for the turns of timers. */
async function beBusy(milliseconds: number): Promise<void> {
  for (const end = performance.now() + milliseconds; performance.now() < end; await setTimeout(1)) {
    for (const turn = performance.now() + 4; performance.now() < turn;);
  }
}

/** What a signal is followed by after how long, on average. */
function meanAfter(signals: readonly Signal[], name: string): number {
  const gaps = signals.slice(1).flatMap(({ at }, i) => (signals[i]?.name === name ? [at - (signals[i]?.at ?? 0)] : []));
  return gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
}

describe.skipIf(process.platform !== "linux")("a process that is paced", () => {
  it("beside a busy server stops for most of each period, and goes on again", async () => {
    const signals = await signalsBeside(process.pid, () => beBusy(1500));
    expect(signals.length).toBeGreaterThan(30);
    expect(signals.map(({ name }) => name)).toEqual(signals.map((_, i) => ["SIGSTOP", "SIGCONT"][i % 2]));
    expect(meanAfter(signals, "SIGSTOP")).toBeGreaterThan(meanAfter(signals, "SIGCONT"));
  });

  it("beside an idle server stops at first, and never again", async () => {
    const idle = spawn("sleep", ["60"]);
    onTestFinished(() => void idle.kill());
    const started = performance.now();
    const signals = await signalsBeside(idle.pid ?? 0, () => setTimeout(1500));
    expect(signals.length).toBeGreaterThan(1);
    expect(signals.at(-1)?.name).toBe("SIGCONT");
    expect(signals.at(-1)?.at).toBeLessThan(started + 1000);
  });

  it("never stops where nothing is known of the server", async () => {
    expect(await signalsBeside(2 ** 30, () => setTimeout(200))).toEqual([]);
  });
});
