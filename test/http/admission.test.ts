import Fastify from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createError } from '../../src/errors.ts';
import { createAdmission, holdRefusals } from '../../src/http/admission.ts';
import { registerProblems } from '../../src/http/problem.ts';

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

describe('who is refused', () => {
  afterEach(() => void vi.useRealTimers());

  /** How many of so many requests at once have been told, after each of these milliseconds. */
  async function toldAfter(requests: number, url: string, ...times: number[]): Promise<number[]> {
    const app = Fastify();
    registerProblems(app);
    holdRefusals(app);
    app.get('/full', () => {
      throw createError('OVERLOADED');
    });
    await app.ready();
    const turn = () => new Promise(setImmediate);
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    let told = 0;
    for (let i = 0; i < requests; i++) void app.inject(url).then(({ statusCode }) => (told += Number(statusCode === (url === '/full' ? 503 : 404))));
    for (let i = 0; i < 20; i++) await turn();
    const counts: number[] = [];
    let now = 0;
    for (const time of times) {
      vi.advanceTimersByTime(time - now);
      now = time;
      for (let i = 0; i < 20; i++) await turn();
      counts.push(told);
    }
    return counts;
  }

  it('is told a little later', async () => {
    expect(await toldAfter(10, '/full', 45, 180)).toEqual([0, 10]);
  });

  it('is told the later the more wait for the same, but for the longest time', async () => {
    const [soon = 0, later = 0, last] = await toldAfter(3000, '/full', 150, 1500, 3150);
    expect(soon).toBeGreaterThan(10);
    expect(soon).toBeLessThan(100);
    expect(later).toBeGreaterThan(600);
    expect(later).toBeLessThan(800);
    expect(last).toBe(3000);
  });

  it('for another reason is told at once', async () => {
    expect(await toldAfter(10, '/nowhere', 0)).toEqual([10]);
  });
});
