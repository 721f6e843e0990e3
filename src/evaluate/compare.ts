import { z } from "zod";
import { createIdIndex } from "../corpus/id-index.ts";
import { streamSongs } from "../model/format/rows.ts";
import type { Manifest } from "../model/format/manifest.ts";
import { evaluationSchema, methodSchema } from "./evaluation.ts";
import { findNeighbourLists, type StoredModel } from "./neighbour-lists.ts";

const songSchema = z
  .object({
    songId: z.string().describe("Song id"),
    count: z.int().describe("Number of plays in version b; of a lost song, in version a"),
    title: z.string().optional().describe("Title, from the catalogue"),
    artist: z.string().optional().describe("Artist, from the catalogue"),
  })
  .meta({ id: "ComparedSong" });

const evaluationFiguresSchema = z.object({
  cases: evaluationSchema.shape.cases,
  methods: z
    .array(
      methodSchema.pick({
        method: true,
        hitRate10: true,
        ndcg10: true,
        ndcg10Interval: true,
        recall100: true,
        coverage: true,
      }),
    )
    .describe("Results of each method"),
  nextSong: evaluationSchema.shape.nextSong,
});

const figuresSchema = z
  .object({
    version: z.int().describe("Model version"),
    createdAt: z.string().describe("Time of its training"),
    trainedBy: z.string().describe("Program that trained it"),
    songs: z.int().describe("Number of songs"),
    plays: z.int().describe("Number of plays in its training playlists"),
    vectorSize: z.int().describe("Dimensions of a song vector"),
    epochs: z.int().describe("Number of epochs"),
    loss: z
      .number()
      .nullable()
      .describe(
        "Loss of the last epoch, in nats per positive pair. Comparable only for the same objective and playlists",
      ),
    validation: z.number().nullable().describe("Mean NDCG@10 on the held-out playlists, in the epoch that was kept"),
    evaluation: evaluationFiguresSchema
      .nullable()
      .describe(
        "Evaluation of the blend and of each strategy alone. " +
          "Each version is evaluated on the playlists held out of its own training",
      ),
  })
  .meta({ id: "ModelFigures" });

/** The differences between two model versions. */
export const comparisonSchema = z.object({
  a: figuresSchema.describe("The first version"),
  b: figuresSchema.describe("The second version"),
  songs: z
    .object({
      both: z.int().describe("Songs that both versions know"),
      gained: z.int().describe("Songs that only b knows"),
      lost: z.int().describe("Songs that only a knows"),
      mostPlayedGained: z.array(songSchema).describe("The most played of the gained songs"),
      mostPlayedLost: z.array(songSchema).describe("The most played of the lost songs"),
    })
    .describe("Differences between the vocabularies"),
  neighbours: z
    .object({
      songs: z.int().describe("Number of compared songs: the most played of b that a knows too"),
      at: z.int().describe("Number of nearest songs of each song"),
      meanOverlap: z
        .number()
        .nullable()
        .describe("Mean share of the nearest songs that are the same in both versions, 0 to 1"),
      songsByKept: z.array(z.int()).describe("Number of songs that kept 0, 1, … all of their nearest songs"),
      biggestMovers: z
        .array(
          songSchema.extend({
            overlap: z.number().describe("Share of the nearest songs that are the same, 0 to 1"),
            before: z.array(songSchema).describe("Nearest songs in a, nearest first"),
            after: z.array(songSchema).describe("Nearest songs in b, nearest first"),
          }),
        )
        .describe("Songs whose nearest songs changed most. Of equally changed songs, the more played first"),
    })
    .describe("Differences between the nearest songs"),
});
export type Comparison = z.infer<typeof comparisonSchema>;

export interface CompareOptions {
  /** Number of the most played songs to compare. */
  readonly songs?: number;
  /** Largest number of movers, gained songs and lost songs to list. */
  readonly limit?: number;
}

const neighbours = 10;

export interface StoredVersion extends StoredModel {
  readonly version: number;
}

/**
 * Compares two stored versions. It keeps in memory the ids of all songs, the vectors of the compared songs, and 0.5 MB
 * more.
 *
 * @throws MODEL_DAMAGED with the corrupt file
 */
export async function compareModels(
  a: StoredVersion,
  b: StoredVersion,
  { songs = 1000, limit = 20 }: CompareOptions = {},
): Promise<Comparison> {
  const idsB = await readIds(b);
  const rowInB = createIdIndex(idsB, [a.manifest.songIds, b.manifest.songIds]);
  const idsA = (await readIds(a)).map((id) => idsB[rowInB(id) ?? -1] ?? id);
  const [rowsA, rowsB] = [rowsOf(idsA), rowsOf(idsB)];
  const gained = idsB.flatMap((id, row) => (rowsA.has(id) ? [] : [row]));
  const lost = idsA.flatMap((id, row) => (rowsB.has(id) ? [] : [row]));
  const comparedRows = idsB.flatMap((id, row) => (rowsA.has(id) ? [row] : [])).slice(0, songs);

  const comparedRowsOfA = comparedRows.map((row) => rowsA.get(idsB[row] ?? "") ?? 0);
  const before = await findNeighbourLists(a, comparedRowsOfA, neighbours);
  const after = await findNeighbourLists(b, comparedRows, neighbours);
  const moves = comparedRows.map((row, i) => {
    const [old, now] = [idsAt(idsA, before[i]), idsAt(idsB, after[i])];
    const kept = new Set(old);
    const possible = Math.min(neighbours, idsA.length - 1, idsB.length - 1);
    const keptCount = now.filter((id) => kept.has(id)).length;
    return { row, old, now, keptCount, overlap: possible === 0 ? 1 : Math.min(1, keptCount / possible) };
  });
  const movers = moves.toSorted((x, y) => x.overlap - y.overlap || x.row - y.row).slice(0, limit);

  const [gainedIds, lostIds] = [
    gained.slice(0, limit).map((row) => idsB[row] ?? ""),
    lost.slice(0, limit).map((row) => idsA[row] ?? ""),
  ];
  const summariesOfB = await readSummaries(
    b,
    new Set([...gainedIds, ...movers.flatMap(({ row, old, now }) => [idsB[row] ?? "", ...old, ...now])]),
  );
  const summariesOfA = await readSummaries(
    a,
    new Set([...lostIds, ...movers.flatMap(({ old }) => old)].filter((id) => !summariesOfB.has(id))),
  );
  const summaryOf = (id: string) => summariesOfB.get(id) ?? summariesOfA.get(id) ?? { songId: id, count: 0 };

  return {
    a: figuresOf(a),
    b: figuresOf(b),
    songs: {
      both: idsB.length - gained.length,
      gained: gained.length,
      lost: lost.length,
      mostPlayedGained: gainedIds.map(summaryOf),
      mostPlayedLost: lostIds.map(summaryOf),
    },
    neighbours: {
      songs: comparedRows.length,
      at: neighbours,
      meanOverlap:
        comparedRows.length === 0
          ? null
          : round(moves.reduce((sum, { overlap }) => sum + overlap, 0) / comparedRows.length),
      songsByKept: Array.from(
        { length: neighbours + 1 },
        (_, kept) => moves.filter(({ keptCount }) => keptCount === kept).length,
      ),
      biggestMovers: movers.map(({ row, old, now, overlap }) => ({
        ...summaryOf(idsB[row] ?? ""),
        overlap: round(overlap),
        before: old.map(summaryOf),
        after: now.map(summaryOf),
      })),
    },
  };
}

function figuresOf({ version, manifest }: StoredVersion): Comparison["a"] {
  const { createdAt, trainedBy, songs, plays, vectorSize, lossByEpoch, validationByEpoch, bestEpoch }: Manifest =
    manifest;
  const validation = bestEpoch === null ? validationByEpoch.at(-1) : validationByEpoch[bestEpoch - 1];
  const { data: evaluation = null } = evaluationFiguresSchema.safeParse(manifest.evaluation);
  return {
    version,
    createdAt,
    trainedBy,
    songs,
    plays,
    vectorSize,
    epochs: lossByEpoch.length,
    loss: lossByEpoch.at(-1) ?? null,
    validation: validation ?? null,
    evaluation,
  };
}

async function readIds(model: StoredModel): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of streamSongs(model.folder, model.manifest)) ids.push(id);
  return ids;
}

async function readSummaries(
  model: StoredModel,
  ids: ReadonlySet<string>,
): Promise<Map<string, Comparison["songs"]["mostPlayedLost"][number]>> {
  const found = new Map<string, Comparison["songs"]["mostPlayedLost"][number]>();
  if (ids.size === 0) return found;
  for await (const { id, columns: _, ...song } of streamSongs(model.folder, model.manifest))
    if (ids.has(id)) found.set(id, { songId: id, ...song });
  return found;
}

function rowsOf(ids: readonly string[]): Map<string, number> {
  return new Map(ids.map((id, row) => [id, row]));
}

function idsAt(ids: readonly string[], rows: Uint32Array | undefined): string[] {
  return Array.from(rows ?? [], (row) => ids[row] ?? "");
}

function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
