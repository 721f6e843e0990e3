import { performance } from "node:perf_hooks";
import type { FastifyError, FastifyInstance } from "fastify";
import { createError } from "../errors.ts";

/** Begins work that takes time of this thread, and of others in between. Rejects with OVERLOADED where it would have to wait for too long. */
export type Admission = <T>(work: () => Promise<T>) => Promise<T>;

export interface AdmissionOptions {
  /** Milliseconds of this thread that all which is under way may take. */
  readonly longestWait: number;
  /** So many may be under way whatever they take, so that all goes on where a single one takes very long. */
  readonly fewest: number;
  /** Milliseconds for which this thread has not been idle so far. */
  readonly activeTime?: () => number;
}

/** How long a refusal is held, in milliseconds. */
const hold = {
  least: 50,
  /** For each that is held already. */
  each: 2,
  longest: 1000,
  /** Up to so much more, by chance: they are not to come back all at once. */
  spread: 100,
};
/** Beyond so many, refusals are told at once. */
const mostHeld = 5000;

/**
 * Tells those who are refused a little later. Clients that ask again as soon as they are refused, however long they were told to wait,
 * would have this thread refuse them all the time, with little left for answers, which then seem to take so long that more are refused.
 */
export function holdRefusals(app: FastifyInstance, random: () => number = Math.random): void {
  const held = new Set<() => void>();
  let isClosing = false;
  app.addHook("onError", (request, { raw }, { code }: FastifyError, done) => {
    if (code !== "OVERLOADED" || isClosing || held.size >= mostHeld) return done();
    const began = performance.now();
    const tell = () => {
      if (!held.delete(tell)) return;
      clearTimeout(timer);
      request.heldFor = performance.now() - began;
      done();
    };
    const timer = setTimeout(tell, Math.min(hold.longest, hold.least + hold.each * held.size) + hold.spread * random());
    held.add(tell);
    raw.once("close", tell);
  });
  app.addHook("preClose", (done) => {
    isClosing = true;
    for (const tell of held) tell();
    done();
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
export function createAdmission({
  longestWait,
  fewest,
  activeTime = () => performance.eventLoopUtilization().active,
}: AdmissionOptions): Admission {
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
    if (underWay >= fewest && underWay * mean > longestWait) throw createError("OVERLOADED");
    if (underWay++ === 0) since = activeTime();
    try {
      return await work();
    } finally {
      underWay--;
      learn();
    }
  };
}
