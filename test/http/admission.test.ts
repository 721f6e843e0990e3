import { describe, expect, it } from 'vitest';
import { createAdmission } from '../../src/http/admission.ts';

/** A thread that is active for so long with each answer, while others search. */
function thread(longestWait: number) {
  let active = 0;
  const admitted = createAdmission({ longestWait, fewest: 4, activeTime: () => active });
  return { admitted, answer: (milliseconds: number) => admitted(async () => void (active += milliseconds)), elapse: (milliseconds: number) => void (active += milliseconds) };
}

/** Work that is under way until it is ended. */
function open(admitted: ReturnType<typeof thread>['admitted'], count: number) {
  const work = Array.from({ length: count }, () => Promise.withResolvers<void>());
  return { answers: work.map(({ promise }) => admitted(() => promise)), end: () => work.forEach(({ resolve }) => resolve()) };
}

const statuses = async (answers: readonly Promise<unknown>[]) => (await Promise.allSettled(answers)).map(({ status }) => status);

describe('questions', () => {
  it('are refused once what is under way would take this thread too long, and begin again when it has ended', async () => {
    const { admitted, answer } = thread(100);
    for (let i = 0; i < 500; i++) await answer(10);
    const { answers, end } = open(admitted, 11);
    await expect(answer(10)).rejects.toMatchObject({ code: 'OVERLOADED', status: 503 });
    end();
    expect(new Set(await statuses(answers))).toEqual(new Set(['fulfilled']));
    await expect(answer(10)).resolves.toBeUndefined();
  });

  it('are as many as there may be where each takes little, however long others search for them', async () => {
    const { admitted, answer } = thread(100);
    for (let i = 0; i < 500; i++) await answer(0.1);
    const { answers, end } = open(admitted, 900);
    end();
    expect(new Set(await statuses(answers))).toEqual(new Set(['fulfilled']));
  });

  it('are not held to what the thread did while none was under way, nor to the first of them', async () => {
    const { admitted, answer, elapse } = thread(100);
    await answer(60);
    for (let i = 0; i < 20; i++) {
      elapse(1000);
      await answer(1);
    }
    const { answers, end } = open(admitted, 40);
    end();
    expect(new Set(await statuses(answers))).toEqual(new Set(['fulfilled']));
  });

  it.each([
    ['reckoned with a millisecond each while nothing is known', 0, 101],
    ['so many at least, however long they take', 500, 4],
  ])('are %s', async (_, before, most) => {
    const { admitted, answer } = thread(100);
    for (let i = 0; i < before; i++) await answer(1000);
    const { answers, end } = open(admitted, most);
    await expect(answer(1)).rejects.toMatchObject({ code: 'OVERLOADED' });
    end();
    expect(new Set(await statuses(answers))).toEqual(new Set(['fulfilled']));
  });

  it('that fail are done with', async () => {
    const { admitted, answer } = thread(100);
    for (let i = 0; i < 500; i++) await answer(10);
    for (let i = 0; i < 20; i++) await expect(admitted(async () => Promise.reject(new RangeError('no')))).rejects.toThrow('no');
    await expect(answer(10)).resolves.toBeUndefined();
  });
});
