import { describe, expect, it } from 'vitest';
import { type Slot } from '../../src/model/layout.ts';
import { createBatches } from '../../src/recommend/batches.ts';
import { publishedModel } from '../model/small-models.ts';

/** One pass takes ten milliseconds of a clock that nothing else moves on, and ends when it is told to. */
async function passes() {
  const { versions } = await publishedModel();
  const slots: readonly Slot[] = (await versions.load(1)).slots.slice(0, 4);
  const query = new Float32Array(slots[0]?.query.length ?? 0);
  const running: (() => void)[] = [];
  const sizes: number[] = [];
  let now = 0;
  const batches = createBatches([{
    slots,
    run: (_, questions) =>
      new Promise((resolve) => {
        sizes.push(questions.length);
        running.push(() => {
          now += 10;
          resolve(questions.map(() => 0));
        });
      }),
  }], { longestWait: 25, clock: () => now });
  const ask = () => batches.nearest('input', query, 1, []);
  async function end(): Promise<void> {
    running.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { ask, end, sizes, idle: batches.idle };
}

describe('questions that come together', () => {
  it('share passes, up to as many as there are slots', async () => {
    const { ask, end, sizes } = await passes();
    const answers = Array.from({ length: 7 }, ask);
    for (let pass = 0; pass < 3; pass++) await end();
    await Promise.all(answers);
    expect(sizes).toEqual([1, 4, 2]);
  });

  it('are refused where they would wait too long, and taken again once the others are answered', async () => {
    const { ask, end, idle } = await passes();
    for (let pass = 0; pass < 20; pass++) {
      const answer = ask();
      await end();
      await answer;
    }
    const asked = Array.from({ length: 30 }, ask);
    const settled = Promise.allSettled(asked);
    for (let pass = 0; pass < 4; pass++) await end();
    const results = await settled;
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(13);
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({ code: 'OVERLOADED', status: 503 });
    await idle();
    const again = ask();
    await end();
    expect((await again).rows).toHaveLength(0);
  });
});
