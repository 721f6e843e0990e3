import { z } from "zod";
import { roles } from "./roles.ts";

export const statusSchema = z
  .object({
    version: z.string().describe("Version of song2vec"),
    role: z.enum(roles).describe("Role of the API key of the request; `admin` if the service needs no key"),
    state: z.enum(["waiting for a model", "ready", "stopping"]).describe("State of the service"),
    upSeconds: z.int().describe("Uptime in seconds"),
    model: z
      .object({
        version: z.int().describe("Model version"),
        createdAt: z.string().describe("Time of its training"),
        ageSeconds: z.int().describe("Seconds since its training"),
        songs: z.int().describe("Number of songs"),
        vectorSize: z.int().describe("Dimensions of a song vector"),
        sample: z.boolean().describe("Whether it was trained on the synthetic sample"),
      })
      .nullable()
      .describe("The active model; null if there is none"),
    responses: z
      .record(z.string(), z.int())
      .describe("Number of responses since the start by class of their status: `2xx`, `3xx`, `4xx`, `5xx`"),
    trainingJobs: z.record(z.string(), z.int()).describe("Number of training jobs by state"),
    training: z
      .object({
        jobId: z.string().describe("Job id"),
        phase: z.string().describe("Phase of the job"),
        share: z.number().describe("Share of the training that is done, 0 to 1"),
        etaSeconds: z.number().nullable().describe("Estimated remaining time in seconds; null if unknown"),
        epochs: z.int().describe("Number of completed epochs"),
        loss: z.number().nullable().describe("Loss of the last epoch, in nats per positive pair"),
        songsPerSecond: z.number().nullable().describe("Training speed of the last epoch, in songs per second"),
      })
      .nullable()
      .describe("The running training job; null if there is none"),
    memoryMB: z
      .object({
        process: z.int().describe("Resident memory of the process, in MiB"),
        objects: z.int().describe("Used JavaScript heap, in MiB"),
      })
      .describe("Memory use"),
  })
  .describe("State of the service.")
  .meta({
    id: "Status",
    examples: [
      {
        version: "0.1.0",
        role: "admin",
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
        responses: { "2xx": 41_220, "3xx": 310, "4xx": 12, "5xx": 0 },
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
  description: "Metrics in the Prometheus text format",
  content: { "text/plain": { schema: z.string().meta({ examples: ["song2vec_model_version 7\n"] }) } },
};
