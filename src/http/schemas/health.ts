import { z } from "zod";

export const liveSchema = z
  .object({ status: z.literal("live").describe("Always `live`") })
  .describe("The process is running.")
  .meta({ id: "Live", examples: [{ status: "live" }] });

export const startedSchema = z
  .object({ status: z.literal("started").describe("Always `started`") })
  .describe("A model has been loaded.")
  .meta({ id: "Started", examples: [{ status: "started" }] });

export const readySchema = z
  .object({ status: z.literal("ready").describe("Always `ready`"), modelVersion: z.int().describe("Active version") })
  .describe("The service accepts requests.")
  .meta({ id: "Ready", examples: [{ status: "ready", modelVersion: 1 }] });
