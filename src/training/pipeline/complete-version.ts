import { type HoldOut, restoreHeldOut } from "../../corpus/holdout.ts";
import { assess } from "../../evaluate/assess.ts";
import { nextSongCases } from "../../evaluate/next-song.ts";
import { type EvaluationCase, toEvaluationCase } from "../../evaluate/evaluation.ts";
import { loadModel } from "../../model/loading/load.ts";
import { addNextSongs, completeModel } from "../../model/format/write-model.ts";
import type { Manifest } from "../../model/format/manifest.ts";
import type { StoredNextSongs } from "../../model/format/next-songs.ts";
import { indexPlaylists, type Playlists } from "../../model/memory/playlist-index.ts";
import type { StoredCooccurrence } from "../../model/format/playlists.ts";
import { createCooccurrenceCounter, maxCooccurring } from "../../recommend/ensemble/cooccurrence-counter.ts";
import { type ActiveVersion, checkPromotion, type PromotionCheck } from "./promotion-check.ts";
import { maxNextSongs, peakMemoryMB, reclaimMemory } from "./memory.ts";

/** Training playlists, and the held-out ends of some of them. */
export interface SplitPlaylists extends Pick<HoldOut, "held" | "heldOutTokens" | "cases"> {
  /** Without the held-out ends. */
  readonly playlists: Playlists;
  /** Key of each playlist [playlists]. */
  readonly keys: Uint32Array;
}

/**
 * Completes a version that has vectors only. Fits the blend to the held-out playlists, evaluates it, and compares it
 * with the active version. Then adds all playlists, held-out ends included, and the co-occurring songs of each song.
 *
 * @param folder contains the vectors and `written`
 * @param nextSongs null for a version without vectors that predict the next song
 */
export async function completeVersion(
  folder: string,
  written: Manifest,
  split: SplitPlaylists,
  nextSongs: StoredNextSongs | null,
  active: ActiveVersion | null,
): Promise<{ manifest: Manifest; promotion: PromotionCheck | null }> {
  const { playlists, keys, cases, held, heldOutTokens } = split;
  const manifest = nextSongs ? await addNextSongs(folder, written, nextSongs) : written;
  const heldOut = cases.map(toEvaluationCase);
  const { assessment, promotion } = await evaluateVersion(
    folder,
    { playlists, keys, held, heldOutTokens },
    heldOut,
    active,
  );
  await reclaimMemory(); // of the evaluated model
  const restored = restoreHeldOut({ tokens: playlists.rows, offsets: playlists.offsets }, split);
  const all: Playlists = { rows: restored.tokens, offsets: restored.offsets };
  const cooccurrence = countCooccurrences(all, manifest.songs);
  const complete = await completeModel(folder, manifest, {
    playlists: { ...all, held, keys },
    cooccurrence,
    blend: assessment && { weights: assessment.blend.weights, repeats: assessment.repeatBlend?.weights ?? null },
    evaluation: assessment?.evaluation ?? null,
    peakMemoryMB: peakMemoryMB(),
  });
  return { manifest: complete, promotion };
}

async function evaluateVersion(
  folder: string,
  split: Omit<SplitPlaylists, "cases">,
  heldOut: readonly EvaluationCase[],
  active: ActiveVersion | null,
) {
  if (heldOut.length === 0 && !active) return { assessment: null, promotion: null };
  const model = await loadModel(folder, 0, { exact: false, thread: false });
  const nextSongs = nextSongCases(split, maxNextSongs);
  const assessment = heldOut.length === 0 ? null : await assess(model, split.playlists, heldOut, nextSongs);
  const promotion =
    active &&
    (await checkPromotion({ model, ...split, blend: assessment?.blend, repeatBlend: assessment?.repeatBlend }, active));
  return { assessment, promotion };
}

function countCooccurrences(playlists: Playlists, songs: number): StoredCooccurrence {
  const count = createCooccurrenceCounter(indexPlaylists(playlists, songs));
  const offsets = new Uint32Array(songs + 1);
  const all = {
    rows: new Uint32Array(songs * maxCooccurring),
    near: new Float32Array(songs * maxCooccurring),
    next: new Float32Array(songs * maxCooccurring),
  };
  for (let song = 0; song < songs; song++) {
    const { rows, near, next } = count(song);
    const at = offsets[song] ?? 0;
    all.rows.set(rows, at);
    all.near.set(near, at);
    all.next.set(next, at);
    offsets[song + 1] = at + rows.length;
  }
  const end = offsets[songs];
  return { offsets, rows: all.rows.subarray(0, end), near: all.near.subarray(0, end), next: all.next.subarray(0, end) };
}
