import { holdOut } from "../../corpus/holdout.ts";
import { createError } from "../../errors.ts";
import { questionOf } from "../../evaluate/evaluation.ts";
import { readTrainingCorpus } from "../pipeline/training-corpus.ts";
import { eta, halve } from "./halving.ts";
import { drawCandidates } from "./search-space.ts";
import { type Candidate, createTrials } from "./trials.ts";
import type { TuningEvent, TuningTask } from "./tuning.ts";

/** Held out where the settings hold nothing out. */
const heldOut = 2000;
/** What is less says little of the whole. */
const fewestPlaylists = 1000;
const fewestPlaysOfSong = 1.5;
const mostRounds = 4;

/**
 * Looks for settings that recommend better than the base does, by successive halving: the first round on a part of the
 * playlists, the last one on all, each judged by the playlists whose ends training holds out.
 *
 * @throws whatever reading the playlists throws, and BAD_REQUEST where nothing can be held out of them
 */
export async function runTuning(
  { source, base, most, seed, begun, deadline, staging }: TuningTask,
  emit: (event: TuningEvent) => void,
): Promise<void> {
  const { tokens, offsets, keys, vocabulary, report } = await readTrainingCorpus(source, base);
  emit({ type: "corpus", report });

  const { plays, cases } = holdOut({ tokens, offsets, counts: vocabulary.counts }, keys, base.holdOut || heldOut);
  if (cases.length === 0)
    throw createError("NO_PLAYLISTS", {
      file: report.files.join(", "),
      reason: "there are too few playlists to hold any out, and so to judge settings by",
    });
  const questions = cases.map(questionOf);
  const clock = Date.now;
  const trials = createTrials({ corpus: { vocabulary, report }, plays, questions, base, seed, folder: staging, clock });

  await halve<Candidate>({
    candidates: drawCandidates(base, seed).map((overrides, i) => ({ trial: i + 1, overrides })),
    shares: sharesFor(plays.offsets.length - 1, plays.tokens.length / vocabulary.ids.length),
    most,
    begun,
    deadline,
    clock,
    predict: trials.predict,
    onRound: (share) =>
      emit({
        type: "round",
        share,
        plays: Math.round(plays.tokens.length * share),
        questions: trials.questions(share),
        secondsLeft: Math.round((deadline - clock()) / 1000),
      }),
    onTooLong: ({ trial }, share, seconds) =>
      emit({ type: "tooLong", trial, share, seconds: Math.round(seconds * 10) / 10 }),
    async run(candidate, share) {
      const trial = await trials.run(candidate, share);
      emit({ type: "trial", trial });
      return trial.figure ?? -Infinity;
    },
  });
}

/** Of the playlists, ascending: all, and so many times a part of those. */
export function sharesFor(playlists: number, playsOfSong: number): number[] {
  const shares = [1];
  while (shares.length < mostRounds) {
    const share = (shares[0] ?? 1) / eta;
    if (playlists * share < fewestPlaylists || playsOfSong * share < fewestPlaysOfSong) break;
    shares.unshift(share);
  }
  return shares;
}
