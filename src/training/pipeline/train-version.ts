import { join } from "node:path";
import type { SongDetails } from "../../corpus/readers/catalogue.ts";
import type { SongIds } from "../../corpus/song-ids.ts";
import type { HoldOut } from "../../corpus/holdout.ts";
import type { Corpus } from "../../corpus/corpus.ts";
import { shouldBuildIndex } from "../../model/format/index-setting.ts";
import type { Manifest } from "../../model/format/manifest.ts";
import type { Song } from "../../model/format/songs.ts";
import { writeModel } from "../../model/format/write-model.ts";
import type { Playlists } from "../../model/memory/playlist-index.ts";
import { openTransfer } from "../../model/format/transfer.ts";
import { fold } from "../../recommend/catalogue/names.ts";
import type { Hyperparameters } from "../../word2vec/hyperparameters.ts";
import type { KernelVariant } from "../../word2vec/kernel/kernel.ts";
import type { Plays } from "../../word2vec/kernel/layout.ts";
import { chooseKernel } from "../../word2vec/kernel/self-test.ts";
import { type Matrices, train } from "../../word2vec/train.ts";
import {
  indexingMB,
  evaluationMB,
  maxNextSongs,
  nextSongsMB,
  memoryLimit,
  peakMemoryMB,
  reclaimMemory,
  toMB,
} from "./memory.ts";
import type { TrainingEvent, TrainingTask } from "./events.ts";
import { createSnapshotFile } from "./snapshot-file.ts";

type VersionTask = Pick<
  TrainingTask,
  "hyperparameters" | "kernels" | "warmStart" | "staging" | "trainedBy" | "sample" | "index"
> & {
  readonly source: Pick<TrainingTask["source"], "songIds">;
  /** Plays of short playlists, for the memory estimate. */
  readonly shortPlays?: number;
};
type Emit = (event: TrainingEvent) => void;

/**
 * Trains, and writes a version that has vectors only. Releases `trainedOn`.
 * @returns the manifest, a copy of the training playlists, and the kernel that trained them
 */
export async function trainVersion(
  task: VersionTask,
  corpus: Pick<Corpus, "vocabulary" | "report">,
  trainedOn: Plays,
  heldOut: Pick<HoldOut, "cases" | "wholePlays">,
  details: ReadonlyMap<string, SongDetails> | undefined,
  emit: Emit,
): Promise<{ manifest: Manifest; playlists: Playlists; variant: KernelVariant }> {
  const { hyperparameters, staging, trainedBy, sample, source } = task;
  const { input, output, stride, plays, ...outcome } = await trainCorpus(
    task,
    corpus.vocabulary.ids,
    trainedOn,
    heldOut,
    emit,
  );
  emit({ type: "writing" });
  const { ids, counts } = corpus.vocabulary;
  const manifest = await writeModel(staging, {
    manifest: {
      createdAt: new Date().toISOString(),
      trainedBy,
      songIds: source.songIds,
      sample,
      hyperparameters,
      data: corpus.report,
      plays: corpus.report.plays.kept,
      ...outcome,
      peakMemoryMB: peakMemoryMB(),
    },
    songs: ids.values().map((id, row) => ({ id, count: counts[row] ?? 0, ...details?.get(id) })),
    ...(details && { untrained: untrainedSongs(ids, details) }),
    input,
    output,
    vectorSize: hyperparameters.vectorSize,
    stride,
  });
  const playlists = { rows: plays.tokens.slice(), offsets: plays.offsets.slice() };
  return { manifest, playlists, variant: outcome.kernel };
}

async function trainCorpus(
  { hyperparameters, kernels, warmStart, staging, source, index = "auto", shortPlays = 0 }: VersionTask,
  ids: readonly string[],
  plays: Plays,
  { cases, wholePlays }: Pick<HoldOut, "cases" | "wholePlays">,
  emit: Emit,
) {
  const start = warmStart ? await openWarmStart(warmStart, ids, source.songIds, hyperparameters, emit) : undefined;
  const { variant, rejected } = await chooseKernel(hyperparameters, kernels);
  const snapshots = createSnapshotFile(join(staging, "best-epoch"));
  let predictedMemoryMB = 0;
  const playCount = plays.tokens.length + shortPlays;
  await reclaimMemory(); // before the threads start
  const { lossByEpoch, validationByEpoch, ...trained } = await train({
    plays,
    hyperparameters,
    variant,
    ...(start && { warmStart: start }),
    validation: { cases: sampleEvenly(cases, maxValidationCases), snapshots },
    memory: { measure: reclaimMemory, limit: memoryLimit(), onPlan },
    releasePlays: true,
    onEpoch: (report) => emit({ type: "epoch", ...report }),
    onProgress: (songsDone, songsInAll) => emit({ type: "progress", songsDone, songsInAll }),
  });
  await snapshots.remove();
  const figures = { lossByEpoch: [...lossByEpoch], validationByEpoch: [...validationByEpoch] };
  return { ...trained, ...figures, kernel: variant, warmStart: warmStart?.version ?? null, predictedMemoryMB };

  function onPlan(bytes: number): void {
    const { vectorSize, nextSongEpochs } = hyperparameters;
    const indexing = shouldBuildIndex({ songs: ids.length, vectorSize }, index)
      ? indexingMB(ids.length, vectorSize, playCount)
      : 0;
    predictedMemoryMB = Math.max(
      toMB(bytes),
      evaluationMB(hyperparameters, ids.length, playCount, cases.length, Math.min(maxNextSongs, wholePlays)),
      nextSongEpochs > 0 ? nextSongsMB(hyperparameters, ids.length, playCount) : 0,
      indexing,
      peakMemoryMB(),
    );
    emit({ type: "memory", predictedMB: predictedMemoryMB });
    emit({ type: "kernel", kernel: variant, refused: [...rejected] });
  }
}

/** At most `limit` items, evenly spaced. */
export function sampleEvenly<T>(items: readonly T[], limit: number): T[] {
  const step = Math.ceil(items.length / limit);
  return items.filter((_, i) => i % step === 0);
}

/** Held-out playlists that are ranked after each epoch for early stopping. */
export const maxValidationCases = 500;

/** Output vectors are not copied from or to hierarchical softmax, where they belong to tree nodes instead of songs. */
async function openWarmStart(
  { version, folder }: NonNullable<TrainingTask["warmStart"]>,
  ids: readonly string[],
  songIds: SongIds,
  { hs }: Hyperparameters,
  emit: Emit,
) {
  const transfer = await openTransfer(folder, ids, songIds);
  emit({ type: "warmStart", version, known: transfer.sharedSongs, songs: ids.length });
  const copyOutput = !hs && transfer.manifest.hyperparameters["hs"] !== true;
  return ({ input, output, stride }: Matrices) => transfer.copy({ input, output: copyOutput ? output : null, stride });
}

/** Catalogue songs without a vector whose artists have songs with one. */
function* untrainedSongs(ids: readonly string[], details: ReadonlyMap<string, SongDetails>): Generator<Song> {
  const trained = new Set(ids);
  const artists = new Set(ids.map((id) => fold(details.get(id)?.artist ?? "")));
  for (const [id, { title, artist, columns }] of details) {
    if (artist !== undefined && artists.has(fold(artist)) && !trained.has(id))
      yield { id, count: 0, ...(title !== undefined && { title }), artist, ...(columns && { columns }) };
  }
}
