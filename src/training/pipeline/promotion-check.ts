import { z } from "zod";
import { splitPlaylist } from "../../corpus/holdout.ts";
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

/** How a new version compares with the one that answers. */
export const promotionCheckSchema = z.object({
  activeVersion: z.int(),
  reason: z.string().nullable().describe("Why the new version should not take over; null: it may"),
  figure: z.number().nullable().describe("NDCG@10 of the new version over all playlists that either of both held out"),
  activeFigure: z.number().nullable().describe("The same of the active version"),
  cases: z.int(),
  songsLost: z.int().describe("Songs of the active version that the new one does not know"),
});
export type PromotionCheck = z.infer<typeof promotionCheckSchema>;

export const activeVersionSchema = z.object({
  version: z.int(),
  folder: z.string(),
  maxLostShare: z.number().describe("A new version that lacks a larger share of its songs is refused"),
});
export type ActiveVersion = z.infer<typeof activeVersionSchema>;

export interface Candidate {
  readonly model: Model;
  /** Without what is held out. */
  readonly playlists: Playlists;
  readonly blend: Blend | null;
  /** One for each playlist that something is held out of, in their order. */
  readonly heldOut: readonly EvaluationCase[];
  /** Of the playlists, and how many plays are held out of each. */
  readonly keys: Uint32Array;
  readonly held: Uint32Array;
}

/** Asks both versions the questions that both were held out of, whoever did so. */
export async function checkPromotion(
  candidate: Candidate,
  { version, folder, maxLostShare }: ActiveVersion,
): Promise<PromotionCheck> {
  const active = await loadModel(folder, version, { exact: false, thread: false });
  const { model, keys, held } = candidate;
  const songsLost = [...active.songs].filter(({ id }) => model.rows.get(id) === undefined).length;
  const activeHeldByKey = new Map(
    active.playlists?.keys.entries().map(([playlist, key]) => [key, active.playlists?.held[playlist]]),
  );
  const heldOutKeys = keys.filter((_, playlist) => (held[playlist] ?? 0) > 0);
  const mine = candidate.heldOut.filter((_, i) => activeHeldByKey.get(heldOutKeys[i] ?? 0) !== 0);
  const theirs = activeHeldOut(active, candidate);
  const pairs = [
    ...mine.map((question) => ({ own: question, other: translate(question, model, active) })),
    ...theirs.map((question) => ({ own: translate(question, active, model), other: question })),
  ];

  const ranker = await rankerOf(model, candidate.playlists, candidate.blend ?? defaultBlend);
  const activeRanker = await rankerOf(
    active,
    active.playlists && withoutHeldOut(active.playlists),
    blendOf(active.manifest.blend),
  );
  const figures = ndcgOf(
    pairs.map(({ own }) => own),
    ranker,
  );
  const activeFigures = ndcgOf(
    pairs.map(({ other }) => other),
    activeRanker,
  );
  const decision = decidePromotion(figures.map((figure, i) => ({ candidate: figure, active: activeFigures[i] ?? 0 })));
  const lost = songsLost / active.songs.length;
  const reason =
    lost > maxLostShare
      ? `it does not know ${songsLost} of the ${active.songs.length} songs of the active version`
      : decision.reason;
  return { activeVersion: version, songsLost, ...decision, reason };
}

async function rankerOf(model: Model, playlists: Playlists | null, blend: Blend): Promise<Ranker> {
  const words = await openVectorScores(model);
  if (!playlists) return (query, count) => words.nearest(termsOf(query), count, query).rows;
  const blender = await blenderFor(model, playlists, blend);
  return (query, count) => blender.rank(termsOf(query), query, count).rows;
}

/** What the active version held out, and the candidate did not train on. */
function activeHeldOut(active: Model, { keys, held, playlists, model }: Candidate): EvaluationCase[] {
  const stored = active.playlists;
  if (!stored) return [];
  const own = new Map(keys.entries().map(([playlist, key]) => [key, playlist]));
  const cases: EvaluationCase[] = [];
  const isDuplicate = (mine: number | undefined, query: Uint32Array) =>
    mine !== undefined &&
    sameSongs(query, active, playlists.rows.subarray(playlists.offsets[mine], playlists.offsets[mine + 1]), model);
  for (const [playlist, plays] of stored.held.entries()) {
    if (plays === 0) continue;
    const songs = stored.rows.subarray(stored.offsets[playlist], stored.offsets[playlist + 1]);
    const known = songs.length - plays;
    const mine = own.get(stored.keys[playlist] ?? 0);
    const left = mine === undefined ? 0 : (playlists.offsets[mine + 1] ?? 0) - (playlists.offsets[mine] ?? 0);
    if (mine !== undefined && (held[mine] === 0 || left > known)) continue;
    const { query, truth } = splitPlaylist(songs, known);
    if (truth.length > 0 && !isDuplicate(mine, query)) cases.push(toEvaluationCase({ query, truth }));
  }
  return cases;
}

/** Whether a question of one model is what another one was left of the playlist, and so asks already. */
function sameSongs(query: Uint32Array, from: Model, kept: Uint32Array, to: Model): boolean {
  const left = new Set(kept);
  return left.size === query.length && query.every((row) => left.has(to.rows.get(from.songs.at(row)?.id ?? "") ?? -1));
}

function translate({ query, truth, truthCount }: EvaluationCase, from: Model, to: Model): EvaluationCase {
  const rows = (list: Uint32Array) =>
    Uint32Array.from(
      [...list].map((row) => to.rows.get(from.songs.at(row)?.id ?? "")).filter((row) => row !== undefined),
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
