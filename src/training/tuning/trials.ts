import { rm } from "node:fs/promises";
import type { Corpus } from "../../corpus/corpus.ts";
import { Song2vecError } from "../../errors.ts";
import { judgeBlend } from "../../evaluate/assess.ts";
import type { Question } from "../../evaluate/evaluation.ts";
import { mean, standardError } from "../../evaluate/metrics.ts";
import { loadModel } from "../../model/loading/load.ts";
import type { Hyperparameters, Overrides } from "../../word2vec/hyperparameters.ts";
import type { Plays } from "../../word2vec/kernel/layout.ts";
import { createRandom, shuffle } from "../../word2vec/random.ts";
import { settledMemory } from "../pipeline/memory.ts";
import { spread, trainVersion } from "../pipeline/train-version.ts";
import type { Trial } from "./tuning.ts";

export interface TrialOptions {
  readonly corpus: Pick<Corpus, "vocabulary" | "report">;
  /** Without what is held out. */
  readonly plays: Plays;
  readonly questions: readonly Question[];
  readonly base: Hyperparameters;
  /** Which playlists a share of them is. */
  readonly seed: number;
  /** Holds one trial at a time. */
  readonly folder: string;
  readonly clock: () => number;
}

/** What a trial took, in seconds, and for how much of each. */
interface Timing {
  readonly hs: boolean;
  readonly trials: number;
  /** Starting threads and writing vectors. */
  readonly beside: number;
  readonly training: number;
  readonly work: number;
  readonly judging: number;
  readonly questions: number;
}

type Figure = Exclude<keyof Timing, "hs">;

export interface Candidate {
  readonly trial: number;
  readonly overrides: Overrides;
}

/** So many held-out playlists judge a trial on a share of the playlists; all of them judge those on the whole. */
const mostQuestions = 500;

/**
 * Trials that are trained, written, loaded and judged as a model version is. On a share of the playlists the same
 * held-out ones judge as on the whole: a question is what is known of a playlist, trained on or not.
 */
export function createTrials({ corpus, plays, questions, base, seed, folder, clock }: TrialOptions) {
  const order = shuffle(new Uint32Array(plays.offsets.length - 1), createRandom(seed));
  const presets = new Map<number, readonly number[]>();
  const done: Timing[] = [];

  const resolved = (overrides: Overrides): Hyperparameters => {
    const merged = { ...base, ...overrides, patience: 0 };
    return { ...merged, minAlpha: Math.min(merged.minAlpha, merged.alpha) };
  };
  const asked = (share: number) => (share === 1 ? questions : spread(questions, mostQuestions));

  /** The best guess is what the others took for as much work; of the same objective, where there are any. */
  function predict({ overrides }: Candidate, share: number): number {
    const hyperparameters = resolved(overrides);
    const alike = done.filter(({ hs }) => hs === hyperparameters.hs);
    const known = alike.length > 0 ? alike : done;
    if (known.length === 0) return 0;
    const rate = (some: readonly Timing[], seconds: Figure, of: Figure) => sum(some, seconds) / sum(some, of);
    return (
      rate(done, "beside", "trials") +
      rate(known, "training", "work") * workOf(hyperparameters, plays, share) +
      rate(done, "judging", "questions") * asked(share).length
    );
  }

  async function run({ trial, overrides }: Candidate, share: number): Promise<Trial> {
    const hyperparameters = resolved(overrides);
    const some =
      share === 1 ? copyOf(plays) : playlistsOf(plays, order.slice(0, Math.ceil(order.length * share)).sort());
    const described = { trial, overrides, share, plays: some.tokens.length, epochs: hyperparameters.epochs };
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
        some,
        asked(share),
        undefined,
        () => {},
      );
      const trained = clock();
      const figures = await judgeBlend(
        await loadModel(folder, 0, { exact: false, thread: false }),
        playlists,
        asked(share),
      );
      const [training, judging] = [manifest.seconds, (clock() - trained) / 1000];
      done.push({
        hs: hyperparameters.hs,
        trials: 1,
        beside: (trained - started) / 1000 - training,
        training,
        work: workOf(hyperparameters, plays, share),
        judging,
        questions: asked(share).length,
      });
      if (trial === 1) presets.set(share, figures.blend);
      const gains = presets.get(share)?.map((figure, i) => (figures.blend[i] ?? 0) - figure);
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
      await settledMemory(); // what the trial took goes
    }
  }

  return { predict, run, questions: (share: number) => asked(share).length };
}

function sum(timings: readonly Timing[], name: Figure): number {
  return timings.reduce((total, timing) => total + timing[name], 0);
}

/** Multiply-adds, about: plays × epochs × songs around each × what each is compared with × dimensions. */
function workOf(
  { epochs, window, shrinkWindows, hs, negative, vectorSize }: Hyperparameters,
  { tokens, offsets, counts }: Plays,
  share: number,
): number {
  const length = tokens.length / Math.max(1, offsets.length - 1);
  const reach = window === "playlist" ? length : window * (shrinkWindows ? 1 : 2);
  return (
    tokens.length *
    share *
    epochs *
    Math.max(1, Math.min(reach, length - 1)) *
    (hs ? Math.log2(counts.length) : negative + 1) *
    vectorSize
  );
}

function copyOf({ tokens, offsets, counts }: Plays): Plays {
  return { tokens: tokens.slice(), offsets: offsets.slice(), counts };
}

function playlistsOf({ tokens, offsets, counts }: Plays, playlists: Uint32Array): Plays {
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
