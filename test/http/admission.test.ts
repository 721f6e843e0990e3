import Fastify from "fastify";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createError } from "../../src/errors.ts";
import { createAdmission, holdRefusals } from "../../src/http/admission.ts";
import { registerLedger } from "../../src/http/answered.ts";
import { registerProblems } from "../../src/http/problem.ts";

/** A thread that is active for so long with each answer, while others search. */
function thread(longestWait: number) {
  let active = 0;
  const admitted = createAdmission({ longestWait, fewest: 4, activeTime: () => active });
  return {
    admitted,
    answer: (milliseconds: number) => admitted(async () => void (active += milliseconds)),
    elapse: (milliseconds: number) => void (active += milliseconds),
  };
}

/** Work that is under way until it is ended. */
function open(admitted: ReturnType<typeof thread>["admitted"], count: number) {
  const work = Array.from({ length: count }, () => Promise.withResolvers<void>());
  return {
    answers: work.map(({ promise }) => admitted(() => promise)),
    end: () => work.forEach(({ resolve }) => resolve()),
  };
}

const statuses = async (answers: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(answers)).map(({ status }) => status);

describe("questions", () => {
  it("are refused once what is under way would take this thread too long, and begin again when it has ended", async () => {
    const { admitted, answer } = thread(100);
    for (let i = 0; i < 500; i++) await answer(10);
    const { answers, end } = open(admitted, 11);
    await expect(answer(10)).rejects.toMatchObject({ code: "OVERLOADED", status: 503 });
    end();
    expect(new Set(await statuses(answers))).toEqual(new Set(["fulfilled"]));
    await expect(answer(10)).resolves.toBeUndefined();
  });

  it("are as many as there may be where each takes little, however long others search for them", async () => {
    const { admitted, answer } = thread(100);
    for (let i = 0; i < 500; i++) await answer(0.1);
    const { answers, end } = open(admitted, 900);
    end();
    expect(new Set(await statuses(answers))).toEqual(new Set(["fulfilled"]));
  });

  it("are not held to what the thread did while none was under way, nor to the first of them", async () => {
    const { admitted, answer, elapse } = thread(100);
    await answer(60);
    for (let i = 0; i < 20; i++) {
      elapse(1000);
      await answer(1);
    }
    const { answers, end } = open(admitted, 40);
    end();
    expect(new Set(await statuses(answers))).toEqual(new Set(["fulfilled"]));
  });

  it.each([
    ["reckoned with a millisecond each while nothing is known", 0, 101],
    ["so many at least, however long they take", 500, 4],
  ])("are %s", async (_, before, most) => {
    const { admitted, answer } = thread(100);
    for (let i = 0; i < before; i++) await answer(1000);
    const { answers, end } = open(admitted, most);
    await expect(answer(1)).rejects.toMatchObject({ code: "OVERLOADED" });
    end();
    expect(new Set(await statuses(answers))).toEqual(new Set(["fulfilled"]));
  });

  it("that fail are done with", async () => {
    const { admitted, answer } = thread(100);
    for (let i = 0; i < 500; i++) await answer(10);
    for (let i = 0; i < 20; i++)
      await expect(admitted(async () => Promise.reject(new RangeError("no")))).rejects.toThrow("no");
    await expect(answer(10)).resolves.toBeUndefined();
  });
});

describe("who is refused", () => {
  afterEach(() => void vi.useRealTimers());

  /** Requests to a service that refuses all of them for load, by chance neither early nor late; and what became of them. */
  async function full(isFake = true) {
    const app = Fastify();
    const milliseconds: number[] = [];
    const released = Promise.withResolvers<void>();
    registerLedger(app, (answered) => void milliseconds.push(answered.milliseconds));
    registerProblems(app);
    holdRefusals(app, () => 0.5);
    app.get("/full", () => {
      throw createError("OVERLOADED");
    });
    app.get("/later", async () => {
      await released.promise;
      throw createError("OVERLOADED");
    });
    app.get("/broken", () => {
      throw createError("MODEL_NOT_FOUND", { version: "7" });
    });
    await app.ready();
    if (isFake) vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const told = { 503: 0, 404: 0 };
    const settle = async () => {
      for (let i = 0; i < 30; i++) await new Promise(setImmediate);
    };
    return {
      app,
      told,
      milliseconds,
      async ask(count: number, url = "/full", signal?: AbortSignal) {
        for (let i = 0; i < count; i++)
          void app.inject({ url, ...(signal && { signal }) }).then(
            ({ statusCode }) => void told[statusCode as 404 | 503]++,
            () => {},
          );
        await settle();
      },
      async elapse(time: number) {
        vi.advanceTimersByTime(time);
        await settle();
      },
      async close() {
        void app.close();
        await settle();
        released.resolve();
        await settle();
      },
    };
  }

  it("is told a little later", async () => {
    const { told, ask, elapse } = await full();
    await ask(1);
    await elapse(95);
    expect(told[503]).toBe(0);
    await elapse(10);
    expect(told[503]).toBe(1);
  });

  it("had an answer that took no longer for that", async () => {
    const { app, milliseconds } = await full(false);
    const began = performance.now();
    await app.inject("/full");
    expect(milliseconds[0]).toBeLessThan(performance.now() - began - 90);
  });

  it("is told the later the more wait for the same, up to the longest time", async () => {
    const { told, ask, elapse } = await full();
    await ask(2000);
    const counts: number[] = [];
    for (const step of [150, 500, 399, 2]) {
      await elapse(step);
      counts.push(told[503]);
    }
    expect(counts).toEqual([26, 276, 475, 2000]);
    await ask(1);
    await elapse(101);
    expect(told[503]).toBe(2001);
  });

  it("no longer counts once it has left", async () => {
    const { told, ask, elapse } = await full();
    const leaving = new AbortController();
    await ask(500, "/full", leaving.signal);
    leaving.abort();
    await elapse(0);
    await ask(1);
    await elapse(101);
    expect(told[503]).toBe(1);
  });

  it("is told at once where thousands wait, for another reason, and when the service ends", async () => {
    const { told, ask, elapse, close } = await full();
    await ask(1, "/broken");
    expect(told).toEqual({ 503: 0, 404: 1 });
    await ask(1, "/later");
    await ask(5007);
    expect(told[503]).toBe(7);
    await close();
    expect(told[503]).toBe(5008);
    await elapse(10_000);
    expect(told[503]).toBe(5008);
  });
});
