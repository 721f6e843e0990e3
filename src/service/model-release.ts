import { setImmediate, setTimeout as pause } from "node:timers/promises";
import type { Logger } from "pino";
import type { Recommender } from "../recommend/query/recommender.ts";

/** Milliseconds for requests in flight until the search threads of a released model end. */
const inFlightMs = 1000;

/** Releases a model in the background; a failure is logged. */
export type ModelRelease = (recommender: Recommender) => void;

export function createModelRelease(logger: Logger): ModelRelease {
  let isLogged = false;

  /**
   * V8 does not count shared WebAssembly memory: without this call, it would free replaced models late. The call comes
   * after `end`, which refers to the model.
   */
  async function collectGarbage(): Promise<void> {
    await setImmediate();
    if (globalThis.gc) globalThis.gc();
    else if (!isLogged) logger.info("replaced models are freed later, run Node with --expose-gc to free them at once");
    isLogged = true;
  }

  return (recommender) => {
    end(recommender)
      .then(collectGarbage)
      .catch((error: unknown) => logger.error({ err: error }, "failed to release a replaced model"));
  };
}

async function end(recommender: Recommender): Promise<void> {
  await pause(inFlightMs, undefined, { ref: false });
  await recommender.close();
}
