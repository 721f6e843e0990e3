import { type CatalogueReport, type CatalogueSongs, readCatalogue } from "../../corpus/readers/catalogue.ts";
import type { Corpus } from "../../corpus/corpus.ts";
import { type HoldOut, holdOut } from "../../corpus/holdout.ts";
import { concatenate } from "../../corpus/short-playlists.ts";
import { shouldBuildIndex } from "../../model/format/index-setting.ts";
import type { Manifest } from "../../model/format/manifest.ts";
import { indexVersion } from "../../recommend/index/index-version.ts";
import { evaluationSchema } from "../../evaluate/evaluation.ts";
import type { Hyperparameters } from "../../word2vec/hyperparameters.ts";
import { trainNextSongs } from "../../word2vec/next-songs/train.ts";
import { release } from "../../word2vec/release.ts";
import { completeVersion } from "./complete-version.ts";
import type { TrainingEvent, TrainingSummary, TrainingTask } from "./events.ts";
import { peakMemoryMB, reclaimMemory } from "./memory.ts";
import { maxValidationCases, trainVersion } from "./train-version.ts";
import { readTrainingCorpus } from "./training-corpus.ts";

/**
 * Makes a model version in `staging` from playlists: read, train, write, evaluate, index.
 * @throws what reading the playlists and training throw
 */
export async function runPipeline(task: TrainingTask, emit: (event: TrainingEvent) => void): Promise<void> {
  const { source, hyperparameters, staging } = task;
  const corpus = await readTrainingCorpus(source, hyperparameters);
  const catalogue =
    source.catalogue === undefined ? undefined : await readCatalogue({ ...source, source: source.catalogue });
  const report = {
    ...corpus.report,
    ...(catalogue && {
      dropped: [...corpus.report.dropped, ...catalogue.dropped],
      catalogue: describeCatalogue(catalogue, corpus),
    }),
  };
  emit({ type: "corpus", report });

  const { plays: trainedOn, ...heldOut } = split(corpus, hyperparameters);
  const {
    manifest: written,
    playlists: kept,
    variant,
  } = await trainVersion(
    { ...task, shortPlays: corpus.short.tokens.length },
    { vocabulary: corpus.vocabulary, report },
    trainedOn,
    heldOut,
    catalogue?.songs,
    emit,
  );
  await reclaimMemory(); // of the training
  const { keys, ...lists } = concatenate({ tokens: kept.rows, offsets: kept.offsets, keys: corpus.keys }, corpus.short);
  const held = new Uint32Array(keys.length);
  held.set(heldOut.held);
  if (hyperparameters.nextSongEpochs > 0) emit({ type: "nextSongs" });
  const nextSongs = await trainNextSongs({ ...lists, counts: corpus.vocabulary.counts }, hyperparameters, variant);
  if (nextSongs) emit({ type: "nextSongsTrained", loss: nextSongs.loss, seconds: nextSongs.seconds });
  await reclaimMemory(); // of the next-song vectors
  emit({ type: "evaluating" });
  const { manifest, promotion } = await completeVersion(
    staging,
    written,
    { ...heldOut, held, keys, playlists: { rows: lists.tokens, offsets: lists.offsets } },
    nextSongs,
    task.active ?? null,
  );

  const index = await addIndex(task, manifest, emit);

  const { lossByEpoch, validationByEpoch, bestEpoch, warmStart, kernel, seconds, songsPerSecond } = manifest;
  const { songs, plays: playCounts, playlists } = corpus.report;
  const summary: TrainingSummary = {
    songs: songs.kept,
    plays: playCounts.kept,
    playlists: playlists.kept,
    epochs: lossByEpoch.length,
    seconds,
    songsPerSecond,
    lossByEpoch,
    validationByEpoch,
    bestEpoch,
    warmStart,
    kernel,
    predictedMemoryMB: manifest.predictedMemoryMB ?? 0,
    peakMemoryMB: peakMemoryMB(),
    evaluation: evaluationSchema.nullable().parse(manifest.evaluation),
    gate: promotion,
    index,
  };
  emit({ type: "trained", summary });
}

function describeCatalogue({ songs, columns }: CatalogueSongs, { vocabulary }: Corpus): CatalogueReport {
  const described = vocabulary.ids.reduce((count, id) => count + (songs.has(id) ? 1 : 0), 0);
  return { songs: songs.size, described, columns };
}

async function addIndex(
  { staging, hyperparameters, index: setting = "auto" }: TrainingTask,
  manifest: Manifest,
  emit: (event: TrainingEvent) => void,
): Promise<Manifest["index"]> {
  if (!shouldBuildIndex(manifest, setting)) return null;
  await reclaimMemory(); // of the evaluation
  emit({ type: "indexing" });
  const { index } = await indexVersion(staging, manifest, hyperparameters.workers);
  if (index) emit({ type: "indexed", index });
  return index;
}

/** Splits the plays into training and held-out plays. If any are held out, the corpus is released. */
function split(
  { tokens, offsets, keys, vocabulary: { counts } }: Corpus,
  { patience, holdOut: evaluationCases }: Hyperparameters,
): HoldOut {
  const maxCases = Math.max(evaluationCases, patience > 0 ? maxValidationCases : 0);
  const plays = { tokens, offsets, counts };
  if (maxCases === 0)
    return {
      plays,
      cases: [],
      wholePlays: 0,
      held: new Uint32Array(offsets.length - 1),
      heldOutTokens: new Uint32Array(),
    };
  const held = holdOut(plays, keys, maxCases);
  release(tokens, offsets);
  return held;
}
