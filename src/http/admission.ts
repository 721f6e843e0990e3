import { performance } from 'node:perf_hooks';
import type { FastifyError, FastifyInstance } from 'fastify';
import { createError } from '../errors.ts';

/** Begins work that takes time of this thread, and of others in between. Rejects with OVERLOADED where it would have to wait for too long. */
export type Admission = <T>(work: () => Promise<T>) => Promise<T>;

export interface AdmissionOptions {
  /** Milliseconds of this thread that all which is under way may take. */
  readonly longestWait: number;
  /** So many may be under way whatever they take: clients that ask again and again as soon as they are refused keep this thread from answering. */
  readonly fewest: number;
  /** Milliseconds for which this thread has not been idle so far. */
  readonly activeTime?: () => number;
}

/** Milliseconds after which who is refused hears of it: so many at least, more for each who waits to hear the same, up to the longest; and by chance, so that not all come again at once. */
const hold = { least: 50, chance: 100, each: 2, longest: 3000 };

/**
 * Tells those who are refused a little later. Clients that ask again as soon as they are refused, however long they were told to wait,
 * would have this thread refuse them all the time, with little left for answers, which then seem to take so long that more are refused.
 */
export function holdRefusals(app: FastifyInstance): void {
  let held = 0;
  app.addHook('onError', (_request, _reply, { code }: FastifyError, done) => {
    if (code !== 'OVERLOADED') return done();
    const milliseconds = Math.min(hold.longest, hold.least + hold.each * held++) + hold.chance * Math.random();
    setTimeout(() => {
      held--;
      done();
    }, milliseconds);
  });
}

/** How much the newest answer counts in the mean time that one takes: little, since the first ones after a start take long, and are few. */
const newest = 0.02;
/** Milliseconds that an answer is reckoned with until more is known. */
const unknown = 1;

/**
 * Threads that search may get through many more questions than this one can read, word and write answers to. So what counts is what this
 * thread takes for an answer, with its share of everything else: refused requests, too.
 */
export function createAdmission({ longestWait, fewest, activeTime = () => performance.eventLoopUtilization().active }: AdmissionOptions): Admission {
  let underWay = 0;
  let mean = unknown;
  let since = 0;

  function learn(): void {
    const now = activeTime();
    const taken = now - since;
    since = now;
    mean += newest * (taken - mean);
  }

  return async (work) => {
    if (underWay >= fewest && underWay * mean > longestWait) throw createError('OVERLOADED');
    if (underWay++ === 0) since = activeTime();
    try {
      return await work();
    } finally {
      underWay--;
      learn();
    }
  };
}
