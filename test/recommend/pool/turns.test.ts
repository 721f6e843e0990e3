import { describe, expect, it } from "vitest";
import { createTurns } from "../../../src/recommend/pool/turns.ts";

/** A clock that only work moves on. */
function clockwork() {
  let now = 0;
  return { clock: () => now, working: (milliseconds: number) => () => (now += milliseconds) };
}

describe("turns", () => {
  it("run one piece of work in each round of the event loop, in the order they came", async () => {
    const inTurn = createTurns({ clock: () => 0 });
    const order: string[] = [];
    const rounds = (async () => {
      for (let i = 0; i < 3; i++)
        await new Promise<void>((resolve) => setImmediate(() => resolve(void order.push(`round ${i}`))));
    })();
    await Promise.all([..."abc"].map((name) => inTurn(() => order.push(name))));
    await rounds;
    expect(order).toEqual(["round 0", "a", "round 1", "b", "round 2", "c"]);
  });

  it("go on for as long as everything else took, so that a flood of other requests does not crowd them out", async () => {
    const { clock, working } = clockwork();
    const inTurn = createTurns({ clock });
    const order: string[] = [];
    const pieces = Promise.all([..."abcdef"].map((name) => inTurn(() => order.push(name) + working(2)())));
    working(6)();
    for (let i = 0; i < 2; i++)
      await new Promise<void>((resolve) => setImmediate(() => resolve(void order.push(`round ${i}`))));
    await pieces;
    expect(order).toEqual(["a", "b", "c", "round 0", "d", "round 1", "e", "f"]);
  });

  it("hand on what the work throws, and go on", async () => {
    const inTurn = createTurns();
    const failed = inTurn(() => {
      throw new RangeError("of the work");
    });
    await expect(failed).rejects.toThrow("of the work");
    expect(await inTurn(() => 7)).toBe(7);
  });

  it("tell how long each piece of work took", async () => {
    const { clock, working } = clockwork();
    const turns: number[] = [];
    const inTurn = createTurns({ clock, onTurn: (milliseconds) => turns.push(milliseconds) });
    await Promise.all([3, 1, 2].map((milliseconds) => inTurn(working(milliseconds))));
    expect(turns).toEqual([3, 1, 2]);
  });
});
