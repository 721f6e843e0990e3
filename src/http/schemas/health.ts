import { z } from "zod";

export const liveSchema = z.object({ status: z.literal("live") }).meta({ id: "Live", examples: [{ status: "live" }] });
export const startedSchema = z
  .object({ status: z.literal("started") })
  .meta({ id: "Started", examples: [{ status: "started" }] });
export const readySchema = z
  .object({ status: z.literal("ready"), modelVersion: z.int() })
  .meta({ id: "Ready", examples: [{ status: "ready", modelVersion: 1 }] });
