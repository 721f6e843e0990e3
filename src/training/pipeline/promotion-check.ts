import { z } from "zod";
import { nextSongSchema } from "../../evaluate/next-song.ts";
import { decidePromotion } from "../../evaluate/promotion-rule.ts";
import { loadModel } from "../../model/loading/load.ts";
import type { Model } from "../../model/model.ts";
import { type Blend, defaultBlend, defaultRepeatBlend } from "../../recommend/ensemble/blend.ts";
import { blendOf, repeatBlendOf } from "../../recommend/ensemble/blender.ts";
import { comparableCases, rowFinder } from "./comparable-cases.ts";
import {
  evaluateCases,
  type EvaluatedVersion,
  evaluateNext,
  type SplitPlaylists,
  splitStored,
} from "./evaluated-version.ts";

/** Comparison of a new version with the active one. */
export const promotionCheckSchema = z
  .object({
    activeVersion: z.int().describe("The active model version"),
    reason: z.string().nullable().describe("Why the check failed, in words; null: it passed"),
    failure: z
      .enum(["SONGS_LOST", "LESS_ACCURATE"])
      .nullable()
      .optional()
      .describe("Why the check failed; null: it passed. Absent in jobs of earlier versions of the program"),
    figure: z
      .number()
      .nullable()
      .describe("Mean NDCG@10 of the new version on the playlists held out by either version; null: too few of them"),
    activeFigure: z.number().nullable().describe("Mean NDCG@10 of the active version on the same playlists"),
    cases: z.int().describe("Number of these playlists"),
    nextSong: nextSongSchema
      .optional()
      .describe("Next songs of these playlists, by the new version. They do not decide. Absent: there are none"),
    activeNextSong: nextSongSchema.optional().describe("The same next songs, by the active version"),
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

/** The new version; the default weights if it has none. */
export interface Candidate extends SplitPlaylists {
  readonly model: Model;
  readonly blend?: Blend | null | undefined;
  readonly repeatBlend?: Blend | null | undefined;
}

/** Evaluates both versions on the playlists that either version held out and neither trained on. */
export async function checkPromotion(
  { model, blend, repeatBlend, ...split }: Candidate,
  { version, folder, maxLostShare }: ActiveVersion,
): Promise<PromotionCheck> {
  const candidate: EvaluatedVersion = {
    model,
    split,
    blend: blend ?? defaultBlend,
    repeatBlend: repeatBlend ?? defaultRepeatBlend,
  };
  const active = await loadActive(folder, version);
  const isKept = rowFinder(active.model, model);
  const songsLost = [...active.model.songs].filter(({ id }) => isKept(id) === undefined).length;
  const { cases, nextSongs } = comparableCases({ model, split }, active);
  const figures = await evaluateCases(
    candidate,
    cases.map(([own]) => own),
  );
  const activeFigures = await evaluateCases(
    active,
    cases.map(([, other]) => other),
  );
  const decision = decidePromotion(figures.map((figure, i) => ({ candidate: figure, active: activeFigures[i] ?? 0 })));
  const count = active.model.songs.length;
  const lost = songsLost / count > maxLostShare && {
    reason: `${songsLost} of the ${count} songs of the active version are missing`,
    failure: "SONGS_LOST" as const,
  };
  return {
    activeVersion: version,
    songsLost,
    ...decision,
    failure: decision.reason === null ? null : "LESS_ACCURATE",
    ...lost,
    ...(nextSongs.length > 0 && {
      nextSong: await evaluateNext(
        candidate,
        nextSongs.map(([own]) => own),
      ),
      activeNextSong: await evaluateNext(
        active,
        nextSongs.map(([, other]) => other),
      ),
    }),
  };
}

async function loadActive(folder: string, version: number): Promise<EvaluatedVersion> {
  const model = await loadModel(folder, version, { exact: false, thread: false });
  const { blend } = model.manifest;
  return {
    model,
    split: model.playlists && splitStored(model.playlists),
    blend: blendOf(blend),
    repeatBlend: repeatBlendOf(blend),
  };
}
