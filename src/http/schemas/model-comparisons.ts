import { z } from "zod";
import { comparisonSchema } from "../../evaluate/compare.ts";
import { versionSchema } from "./model-exports.ts";

export const comparisonParamsSchema = z.object({
  version: versionSchema.describe("Model version `a`"),
  other: versionSchema.describe("Model version `b`"),
});

export const comparisonQuerySchema = z.strictObject({
  songs: z.coerce
    .number()
    .int()
    .min(1)
    .max(5000)
    .default(1000)
    .describe("Number of songs to compare, most played first"),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(20)
    .describe("Maximum number of songs in each list of the response"),
});

const figures = {
  createdAt: "2026-11-23T10:00:09.000Z",
  trainedBy: "song2vec 0.1.0",
  songs: 5000,
  plays: 199_000,
  vectorSize: 256,
  epochs: 5,
  loss: 3.1,
  validation: 0.11,
  evaluation: {
    cases: 300,
    methods: [
      {
        method: "blend",
        hitRate10: 0.41,
        ndcg10: 0.13,
        ndcg10Interval: [0.11, 0.15] as [number, number],
        recall100: 0.38,
        coverage: 0.21,
      },
    ],
    nextSong: {
      cases: 2000,
      repeats: 0,
      exclude: { precision20: 0.18, meanReciprocalRank20: 0.04 },
      allow: { precision20: 0.18, meanReciprocalRank20: 0.04 },
    },
  },
};
const [boots, radio, jukebox] = [
  { songId: "14597", count: 9, title: "Dirt-Road Boots", artist: "Buck & the Tumbleweeds" },
  { songId: "13332", count: 24, title: "Jukebox on the Radio", artist: "Wade Tuckett" },
  { songId: "13346", count: 928, title: "Back-Porch Jukebox Back Home", artist: "Loretta Ann & the Fence Posts" },
];

export const modelComparisonSchema = comparisonSchema.describe("Differences between two model versions.").meta({
  id: "ModelComparison",
  examples: [
    {
      a: { version: 1, ...figures },
      b: { version: 2, ...figures, loss: 3, validation: 0.12 },
      songs: { both: 4999, gained: 1, lost: 1, mostPlayedGained: [boots], mostPlayedLost: [radio] },
      neighbours: {
        songs: 2,
        at: 10,
        meanOverlap: 0.75,
        songsByKept: [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
        biggestMovers: [{ ...jukebox, overlap: 0.5, before: [radio], after: [boots] }],
      },
    },
  ],
});
