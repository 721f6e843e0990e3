import { getHeapStatistics } from "node:v8";
import underPressure from "@fastify/under-pressure";
import type { FastifyInstance } from "fastify";
import { createError } from "../errors.ts";

/** Of the memory that this process may take for objects. */
const fullest = 0.9;

/**
 * While the event loop or the heap is at its end, only what is open goes on: health, so that nobody restarts us for
 * being busy.
 *
 * @param longestDelay mean milliseconds, over a second, that the event loop may be late
 */
export async function registerPressure(app: FastifyInstance, longestDelay: number): Promise<void> {
  await app.register(underPressure, {
    maxEventLoopDelay: longestDelay,
    maxHeapUsedBytes: fullest * getHeapStatistics().heap_size_limit,
    pressureHandler: async ({ routeOptions }, _reply, _what, value) => {
      const measured = Number.isFinite(value); // it is not where one long pause left no time to measure
      if (measured && routeOptions.config.access !== "open") throw createError("OVERLOADED");
    },
  });
}
