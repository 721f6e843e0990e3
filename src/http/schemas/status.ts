import { z } from "zod";

export const statusSchema = z
  .object({
    version: z.string().describe("Of song2vec"),
    state: z.enum(["waiting for a model", "ready", "stopping"]),
    upSeconds: z.int(),
    model: z
      .object({
        version: z.int(),
        createdAt: z.string(),
        ageSeconds: z.int(),
        songs: z.int(),
        vectorSize: z.int(),
        sample: z.boolean().describe("Whether it learned from the sample, which is made up"),
      })
      .nullable()
      .describe("The one that answers"),
    trainingJobs: z.record(z.string(), z.int()).describe("How many there are in each state"),
    training: z
      .object({
        jobId: z.string(),
        phase: z.string(),
        share: z.number(),
        etaSeconds: z.number().nullable(),
        epochs: z.int(),
        loss: z.number().nullable(),
        songsPerSecond: z.number().nullable(),
      })
      .nullable()
      .describe("The one that runs"),
    memoryMB: z.object({ process: z.int(), objects: z.int() }),
  })
  .meta({
    id: "Status",
    examples: [
      {
        version: "0.1.0",
        state: "ready",
        upSeconds: 86_400,
        memoryMB: { process: 210, objects: 40 },
        model: {
          version: 7,
          createdAt: "2026-11-23T10:00:09.000Z",
          ageSeconds: 3600,
          songs: 5000,
          vectorSize: 256,
          sample: false,
        },
        trainingJobs: { queued: 0, running: 1, succeeded: 6, failed: 0, cancelled: 0 },
        training: {
          jobId: "1b4e28ba-2fa1-4d2e-883f-0016d3cca427",
          phase: "training",
          share: 0.42,
          etaSeconds: 3.1,
          epochs: 2,
          loss: 3.02,
          songsPerSecond: 92_000,
        },
      },
    ],
  });

export const metricsSchema = {
  description: "In the text format of Prometheus",
  content: { "text/plain": { schema: z.string().meta({ examples: ["song2vec_model_version 7\n"] }) } },
};
