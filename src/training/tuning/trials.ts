import { rm } from "node:fs/promises";
import type { Corpus } from "../../corpus/corpus.ts";
import { Song2vecError } from "../../errors.ts";
import { evaluateBlend } from "../../evaluate/assess.ts";
import type { EvaluationCase } from "../../evaluate/evaluation.ts";
import { mean, standardError } from "../../evaluate/metrics.ts";
import { loadModel } from "../../model/loading/load.ts";
import type { Hyperparameters, Overrides } from "../../word2vec/hyperparameters.ts";
import type { Plays } from "../../word2vec/kernel/layout.ts";
import { createRandom, shuffle } from "../../word2vec/random.ts";
import { reclaimMemory } from "../pipeline/memory.ts";
import { sampleEvenly, trainVersion } from "../pipeline/train-version.ts";
import type { Trial } from "./tuning.ts";

export interface TrialOptions {
  readonly corpus: Pick<Corpus, "vocabulary" | "report">;
  /** Without the held-out plays. */
  readonly plays: Plays;
  readonly cases: readonly EvaluationCase[];
  readonly base: Hyperparameters;
  /** Selects the playlists of each share. */
  readonly seed: number;
  /** Holds the files of one trial at a time. */
  readonly folder: string;
  readonly clock: () => number;
}

/** Seconds that a trial took, each with the amount of work it covers. */
interface Timing {
  readonly hs: boolean;
  readonly trials: number;
  /** Starting threads and writing vectors, per trial. */
  readonly overhead: number;
  readonly training: number;
  readonly work: number;
  readonly evaluating: number;
  readonly cases: number;
}

type Figure = Exclude<keyof Timing, "hs">;

export interface Candidate {
  readonly trial: number;
  readonly overrides: Overrides;
}

/** Held-out playlists that evaluate a trial on a share of the playlists. Trials on all playlists use all of them. */
const maxCases = 500;

/**
 * Trials are trained, written, loaded and evaluated like a model version. Held-out playlists may belong to playlists
 * that a share does not train on: a query needs only songs.
 */
export function createTrials({ corpus, plays, cases, base, seed, folder, clock }: TrialOptions) {
  const order = shuffle(new Uint32Array(plays.offsets.length - 1), createRandom(seed));
  const presetFigures = new Map<number, readonly number[]>();
  const done: Timing[] = [];

  const resolved = (overrides: Overrides): Hyperparameters => {
    const merged = { ...base, ...overrides, patience: 0 };
    return { ...merged, minAlpha: Math.min(merged.minAlpha, merged.alpha) };
  };
  const casesFor = (share: number) => (share === 1 ? cases : sampleEvenly(cases, maxCases));

  /** Seconds per unit of work of the trials so far, preferably of those with the same objective, times the work. */
  function predict({ overrides }: Candidate, share: number): number {
    const hyperparameters = resolved(overrides);
    const sameObjective = done.filter(({ hs }) => hs === hyperparameters.hs);
    const comparable = sameObjective.length > 0 ? sameObjective : done;
    if (comparable.length === 0) return 0;
    const rate = (some: readonly Timing[], seconds: Figure, of: Figure) => sum(some, seconds) / sum(some, of);
    return (
      rate(done, "overhead", "trials") +
      rate(comparable, "training", "work") * estimateWork(hyperparameters, plays, share) +
      rate(done, "evaluating", "cases") * casesFor(share).length
    );
  }

  async function run({ trial, overrides }: Candidate, share: number): Promise<Trial> {
    const hyperparameters = resolved(overrides);
    const sample =
      share === 1 ? copyPlays(plays) : selectPlaylists(plays, order.slice(0, Math.ceil(order.length * share)).sort());
    const described = { trial, overrides, share, plays: sample.tokens.length, epochs: hyperparameters.epochs };
    const started = clock();
    const seconds = () => Math.round(clock() - started) / 1000;
    try {
      const { playlists, manifest } = await trainVersion(
        {
          hyperparameters,
          warmStart: null,
          staging: folder,
          trainedBy: "a trial",
          sample: false,
          source: { songIds: "numbers" },
        },
        corpus,
        sample,
        { cases: casesFor(share), wholePlays: 0 },
        undefined,
        () => {},
      );
      const trained = clock();
      const figures = await evaluateBlend(
        await loadModel(folder, 0, { exact: false, thread: false }),
        playlists,
        casesFor(share),
      );
      const [training, evaluating] = [manifest.seconds, (clock() - trained) / 1000];
      done.push({
        hs: hyperparameters.hs,
        trials: 1,
        overhead: (trained - started) / 1000 - training,
        training,
        work: estimateWork(hyperparameters, plays, share),
        evaluating,
        cases: casesFor(share).length,
      });
      if (trial === 1) presetFigures.set(share, figures.blend);
      const gains = presetFigures.get(share)?.map((figure, i) => (figures.blend[i] ?? 0) - figure);
      return {
        ...described,
        seconds: seconds(),
        figure: round(mean(figures.blend)),
        standardError: round(standardError(figures.blend)),
        context: round(mean(figures.context)),
        gain: gains ? round(mean(gains)) : null,
        gainError: gains ? round(standardError(gains)) : null,
        problem: null,
      };
    } catch (error) {
      if (!(error instanceof Song2vecError)) throw error;
      return {
        ...described,
        seconds: seconds(),
        figure: null,
        standardError: null,
        context: null,
        gain: null,
        gainError: null,
        problem: error.message,
      };
    } finally {
      await rm(folder, { recursive: true, force: true });
      await reclaimMemory(); // of the trial
    }
  }

  return { predict, run, caseCount: (share: number) => casesFor(share).length };
}

function sum(timings: readonly Timing[], name: Figure): number {
  return timings.reduce((total, timing) => total + timing[name], 0);
}

/** Approximate multiply-adds: plays × epochs × context songs × outputs of each × dimensions. */
function estimateWork(
  { epochs, window, shrinkWindows, hs, negative, vectorSize }: Hyperparameters,
  { tokens, offsets, counts }: Plays,
  share: number,
): number {
  const length = tokens.length / Math.max(1, offsets.length - 1);
  const contextSongs = window === "playlist" ? length : window * (shrinkWindows ? 1 : 2);
  return (
    tokens.length *
    share *
    epochs *
    Math.max(1, Math.min(contextSongs, length - 1)) *
    (hs ? Math.log2(counts.length) : negative + 1) *
    vectorSize
  );
}

function copyPlays({ tokens, offsets, counts }: Plays): Plays {
  return { tokens: tokens.slice(), offsets: offsets.slice(), counts };
}

function selectPlaylists({ tokens, offsets, counts }: Plays, playlists: Uint32Array): Plays {
  const starts = new Uint32Array(playlists.length + 1);
  playlists.forEach(
    (playlist, i) => (starts[i + 1] = (starts[i] ?? 0) + (offsets[playlist + 1] ?? 0) - (offsets[playlist] ?? 0)),
  );
  const kept = new Uint32Array(starts.at(-1) ?? 0);
  playlists.forEach((playlist, i) => kept.set(tokens.subarray(offsets[playlist], offsets[playlist + 1]), starts[i]));
  return { tokens: kept, offsets: starts, counts };
}

function round(value: number): number {
  return Math.round(value * 1e5) / 1e5;
}
