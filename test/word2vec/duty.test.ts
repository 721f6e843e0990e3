import { afterEach, describe, expect, it, vi } from 'vitest';
import { createDuty, dutyOf, restInTurn, setDuty } from '../../src/word2vec/duty.ts';
import { resolveHyperparameters } from '../../src/word2vec/hyperparameters.ts';
import { train } from '../../src/word2vec/train.ts';
import { groupedPlaylists, toPlays } from '../helpers/plays.ts';

afterEach(() => void vi.restoreAllMocks());

function milliseconds(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

describe('a duty', () => {
  it('is all of the time at first: nobody waits', () => {
    const wait = vi.spyOn(Atomics, 'wait');
    const duty = createDuty();
    expect(dutyOf(duty)).toBe(1);
    for (const end = performance.now() + 90; performance.now() < end; ) restInTurn(duty);
    expect(wait).not.toHaveBeenCalled();
  });

  it('of a half lets work go on in the first half of each 40 ms, and holds it up in the second', () => {
    const wait = vi.spyOn(Atomics, 'wait').mockReturnValue('timed-out');
    const now = vi.spyOn(performance, 'now');
    const duty = createDuty();
    setDuty(duty, 0.5);
    const start = 40_000 * 40 - (performance.timeOrigin % 40);
    const waits = [0.5, 10, 19.5, 20.5, 30, 39.5].map((passed) => {
      wait.mockClear();
      now.mockReturnValue(start + passed);
      restInTurn(duty);
      return wait.mock.calls[0]?.[3] ?? 0;
    });
    expect(waits.map((milliseconds) => Math.round(milliseconds * 2) / 2)).toEqual([0, 0, 0, 19.5, 10, 0.5]);
  });

  it('of nothing still makes a step in each period', () => {
    const duty = createDuty();
    setDuty(duty, 0);
    expect(milliseconds(() => { for (let i = 0; i < 5; i++) restInTurn(duty); })).toBeGreaterThan(4 * 40 - 10);
  });

  it('of training threads changes when they train, and not what they learn', async () => {
    const plays = toPlays(groupedPlaylists({ groups: 10, size: 20, playlists: 2000, length: 8, seed: 1 }), 200);
    const hyperparameters = resolveHyperparameters('article', { vectorSize: 16, workers: 1, epochs: 1 });
    const free = await train({ plays, hyperparameters, variant: 'relaxed-simd' });
    const duty = createDuty();
    setDuty(duty, 0);
    const held = await train({ plays, hyperparameters, variant: 'relaxed-simd', duty });
    expect(held.seconds).toBeGreaterThan(0.5); // 16 steps of 1,000 songs
    expect(held.lossByEpoch).toEqual(free.lossByEpoch);
    expect(Buffer.from(held.input.slice().buffer).equals(Buffer.from(free.input.slice().buffer))).toBe(true);
  });
});
