import { z } from "zod";
import { splitPlaylist } from "../../corpus/holdout.ts";
import { createIdIndex } from "../../corpus/id-index.ts";
import { blenderFor, termsOf } from "../../evaluate/assess.ts";
import type { Ranker } from "../../evaluate/baselines.ts";
import { ndcgOf, type EvaluationCase, toEvaluationCase } from "../../evaluate/evaluation.ts";
import { decidePromotion } from "../../evaluate/promotion-rule.ts";
import { loadModel } from "../../model/loading/load.ts";
import type { Model } from "../../model/model.ts";
import type { Playlists } from "../../model/memory/playlist-index.ts";
import type { StoredPlaylists } from "../../model/format/playlists.ts";
import { type Blend, defaultBlend } from "../../recommend/ensemble/blend.ts";
import { blendOf } from "../../recommend/ensemble/blender.ts";
import { openVectorScores } from "../../recommend/vectors/vector-scores.ts";

/** Comparison of a new version with the active one. */
export const promotionCheckSchema = z
  .object({
    activeVersion: z.int().describe("The active model version"),
    reason: z.string().nullable().describe("Why the check failed; null: it passed"),
    figure: z
      .number()
      .nullable()
      .describe("Mean NDCG@10 of the new version on the playlists held out by either version; null: too few of them"),
    activeFigure: z.number().nullable().describe("Mean NDCG@10 of the active version on the same playlists"),
    cases: z.int().describe("Number of these playlists"),
    songsLost: z.int().describe("Songs of the active version that are missing from the new one"),
  })
  .meta({ id: "PromotionCheck" });
export type PromotionCheck = z.infer<typeof promotionCheckSchema>;

export const activeVersionSchema = z.object({
  version: z.int(),
  folder: z.string(),
  maxLostShare: z.number().describe("Maximum share of its songs that may be missing from a new version, from 0 to 1"),
});
export type ActiveVersion = z.infer<typeof activeVersionSchema>;

export interface Candidate {
  readonly model: Model;
  /** Without the held-out plays. */
  readonly playlists: Playlists;
  readonly blend: Blend | null;
  /** One case per playlist with held-out plays, in the order of the playlists. */
  readonly heldOut: readonly EvaluationCase[];
  /** Key of each playlist [playlists]. */
  readonly keys: Uint32Array;
  /** Number of held-out plays of each playlist [playlists]. */
  readonly held: Uint32Array;
}

/** Evaluates both versions on the playlists that either version held out and neither trained on. */
export async function checkPromotion(
  candidate: Candidate,
  { version, folder, maxLostShare }: ActiveVersion,
): Promise<PromotionCheck> {
  const active = await loadModel(folder, version, { exact: false, thread: false });
  const { model, keys, held } = candidate;
  const [toCandidate, toActive] = [rowFinder(active, model), rowFinder(model, active)];
  const songsLost = [...active.songs].filter(({ id }) => toCandidate(id) === undefined).length;
  const activeHeldByKey = new Map(
    active.playlists?.keys.entries().map(([playlist, key]) => [key, active.playlists?.held[playlist]]),
  );
  const heldOutKeys = keys.filter((_, playlist) => (held[playlist] ?? 0) > 0);
  const ofCandidate = candidate.heldOut.filter((_, i) => activeHeldByKey.get(heldOutKeys[i] ?? 0) !== 0);
  const ofActive = activeHeldOut(active, candidate, toCandidate);
  const pairs = [
    ...ofCandidate.map((item) => ({ candidate: item, active: translate(item, model, toActive) })),
    ...ofActive.map((item) => ({ candidate: translate(item, active, toCandidate), active: item })),
  ];

  const ranker = await rankerOf(model, candidate.playlists, candidate.blend ?? defaultBlend);
  const activeRanker = await rankerOf(
    active,
    active.playlists && withoutHeldOut(active.playlists),
    blendOf(active.manifest.blend),
  );
  const figures = ndcgOf(
    pairs.map((pair) => pair.candidate),
    ranker,
  );
  const activeFigures = ndcgOf(
    pairs.map((pair) => pair.active),
    activeRanker,
  );
  const decision = decidePromotion(figures.map((figure, i) => ({ candidate: figure, active: activeFigures[i] ?? 0 })));
  const lostShare = songsLost / active.songs.length;
  const reason =
    lostShare > maxLostShare
      ? `${songsLost} of the ${active.songs.length} songs of the active version are missing`
      : decision.reason;
  return { activeVersion: version, songsLost, ...decision, reason };
}

async function rankerOf(model: Model, playlists: Playlists | null, blend: Blend): Promise<Ranker> {
  const vectorScores = await openVectorScores(model);
  if (!playlists) return (query, count) => vectorScores.nearest(termsOf(query), count, query).rows;
  const blender = await blenderFor(model, playlists, blend);
  return (query, count) => blender.rank(termsOf(query), query, count).rows;
}

/** The held-out playlists of the active version that the candidate did not train on. */
function activeHeldOut(active: Model, { keys, held, playlists }: Candidate, toCandidate: FindRow): EvaluationCase[] {
  const stored = active.playlists;
  if (!stored) return [];
  const candidatePlaylists = new Map(keys.entries().map(([playlist, key]) => [key, playlist]));
  const result: EvaluationCase[] = [];
  const isDuplicate = (own: number | undefined, query: Uint32Array) =>
    own !== undefined &&
    sameSongs(query, active, playlists.rows.subarray(playlists.offsets[own], playlists.offsets[own + 1]), toCandidate);
  for (const [playlist, plays] of stored.held.entries()) {
    if (plays === 0) continue;
    const songs = stored.rows.subarray(stored.offsets[playlist], stored.offsets[playlist + 1]);
    const kept = songs.length - plays;
    const own = candidatePlaylists.get(stored.keys[playlist] ?? 0);
    const trained = own === undefined ? 0 : (playlists.offsets[own + 1] ?? 0) - (playlists.offsets[own] ?? 0);
    if (own !== undefined && (held[own] === 0 || trained > kept)) continue;
    const { query, truth } = splitPlaylist(songs, kept);
    if (truth.length > 0 && !isDuplicate(own, query)) result.push(toEvaluationCase({ query, truth }));
  }
  return result;
}

type FindRow = (songId: string) => number | undefined;

/** Finds songs of one model in another. Only a model with literal ids needs an index: others take every spelling. */
function rowFinder(from: Model, to: Model): FindRow {
  if (to.manifest.songIds === "numbers" || from.manifest.songIds === "text") return to.rows.get;
  return createIdIndex(
    [...to.songs].map(({ id }) => id),
    ["numbers"],
  );
}

/** Whether a query of one model has the same songs as the kept part of a playlist in another model. */
function sameSongs(query: Uint32Array, from: Model, kept: Uint32Array, find: FindRow): boolean {
  const rows = new Set(kept);
  return rows.size === query.length && query.every((row) => rows.has(find(from.songs.at(row)?.id ?? "") ?? -1));
}

/** Translates the rows of a case into those of another model; drops its unknown songs. */
function translate({ query, truth, truthCount }: EvaluationCase, from: Model, find: FindRow): EvaluationCase {
  const rows = (list: Uint32Array) =>
    Uint32Array.from(
      new Set([...list].map((row) => find(from.songs.at(row)?.id ?? "")).filter((row) => row !== undefined)),
    );
  return { query: rows(query), truth: rows(truth), truthCount };
}

function withoutHeldOut({ offsets, rows, held }: StoredPlaylists): Playlists {
  const starts = new Uint32Array(offsets.length);
  const kept: number[] = [];
  for (const [playlist, plays] of held.entries()) {
    for (let play = offsets[playlist] ?? 0; play < (offsets[playlist + 1] ?? 0) - plays; play++)
      kept.push(rows[play] ?? 0);
    starts[playlist + 1] = kept.length;
  }
  return { offsets: starts, rows: Uint32Array.from(kept) };
}
