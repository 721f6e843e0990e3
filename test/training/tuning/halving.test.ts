import { describe, expect, it } from "vitest";
import { halve } from "../../../src/training/tuning/halving.ts";

/** Candidates are numbers, the larger the better; a trial takes its share of ten seconds. */
async function rounds({
  candidates,
  shares,
  most = null,
  seconds = 1000,
}: {
  candidates: Iterable<number>;
  shares: readonly number[];
  most?: number | null;
  seconds?: number;
}) {
  let now = 0;
  const ran: [candidate: number, share: number][] = [];
  const tooLong: number[] = [];
  await halve({
    candidates,
    shares,
    most,
    startedAt: 0,
    deadline: seconds * 1000,
    clock: () => now,
    predict: (_, share) => (ran.length === 0 ? 0 : 10 * share),
    onSkip: (candidate) => tooLong.push(candidate),
    async run(candidate, share) {
      ran.push([candidate, share]);
      now += 10_000 * share;
      return candidate;
    },
  });
  const of = (share: number) => ran.filter(([, at]) => at === share).map(([candidate]) => candidate);
  return { of, tooLong, now: now / 1000 };
}

function* endless() {
  for (let candidate = 0; ; candidate++) yield candidate;
}

describe("successive halving", () => {
  it("trains the best third of each round, and always the first candidate, on three times the data", async () => {
    const { of } = await rounds({ candidates: [5, 1, 9, 2, 8, 3, 7, 4, 6], shares: [1 / 9, 1 / 3, 1] });
    expect(of(1 / 9)).toEqual([5, 1, 9, 2, 8, 3, 7, 4, 6]);
    expect(of(1 / 3)).toEqual([5, 9, 8]);
    expect(of(1)).toEqual([5, 9]);
  });

  it("runs as many trials as the time of a round allows, and stays within the deadline", async () => {
    const { of, now } = await rounds({ candidates: endless(), shares: [1 / 4, 1], seconds: 120 });
    expect(of(1 / 4)).toHaveLength(24);
    expect(of(1)).toEqual([0, 23, 22, 21, 20, 19]);
    expect(now).toBe(120);
  });

  it("runs at most `most` trials, and passes unused time on to the next round", async () => {
    const { of } = await rounds({ candidates: endless(), shares: [1 / 3, 1], most: 4, seconds: 120 });
    expect(of(1 / 3)).toEqual([0, 1, 2, 3]);
    expect(of(1)).toEqual([0, 3]);
  });

  it("starts no trial that does not fit into the time left", async () => {
    const { of, tooLong, now } = await rounds({
      candidates: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
      shares: [1 / 4, 1],
      seconds: 55,
    });
    expect(of(1 / 4)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect([of(1), tooLong]).toEqual([
      [1, 11],
      [10, 9],
    ]);
    expect(now).toBe(47.5);
  });

  it("ends if there was time for the first candidate only", async () => {
    const { of } = await rounds({ candidates: endless(), shares: [1 / 4, 1], seconds: 4 });
    expect([of(1 / 4), of(1)]).toEqual([[0], []]);
  });

  it("compares two candidates on a share of the data if there is time for no more", async () => {
    const { of } = await rounds({ candidates: endless(), shares: [1 / 4, 1], seconds: 6 });
    expect([of(1 / 4), of(1)]).toEqual([[0, 1], []]);
  });

  it("drops a candidate that failed", async () => {
    const { of } = await rounds({ candidates: [0, Number.NEGATIVE_INFINITY, 1], shares: [1 / 3, 1] });
    expect(of(1)).toEqual([0, 1]);
  });
});
