import { holdOut } from "../../corpus/holdout.ts";
import { createError } from "../../errors.ts";
import { toEvaluationCase } from "../../evaluate/evaluation.ts";
import { readTrainingCorpus } from "../pipeline/training-corpus.ts";
import { eta, halve } from "./halving.ts";
import { drawCandidates } from "./search-space.ts";
import { type Candidate, createTrials } from "./trials.ts";
import type { TuningEvent, TuningTask } from "./tuning.ts";

/** Held-out playlists if the hyperparameters hold none out. */
const defaultHoldOut = 2000;
/** Smaller shares do not represent all playlists. */
const minPlaylists = 1000;
const minPlaysPerSong = 1.5;
const maxRounds = 4;

/**
 * Searches for hyperparameters that recommend better than the base, by successive halving: the first round on a share
 * of the playlists, the last one on all. Each trial is evaluated on the held-out playlists.
 *
 * @throws what reading the playlists throws, and NO_PLAYLISTS if nothing can be held out of them
 */
export async function runTuning(
  { source, base, most, seed, startedAt, deadline, staging }: TuningTask,
  emit: (event: TuningEvent) => void,
): Promise<void> {
  const { tokens, offsets, keys, vocabulary, report } = await readTrainingCorpus(source, base);
  emit({ type: "corpus", report });

  const { plays, cases } = holdOut(
    { tokens, offsets, counts: vocabulary.counts },
    keys,
    base.holdOut || defaultHoldOut,
  );
  if (cases.length === 0)
    throw createError("NO_PLAYLISTS", {
      file: report.files.join(", "),
      reason: "too few playlists to hold any out for the evaluation",
    });
  const clock = Date.now;
  const trials = createTrials({
    corpus: { vocabulary, report },
    plays,
    cases: cases.map(toEvaluationCase),
    base,
    seed,
    folder: staging,
    clock,
  });

  await halve<Candidate>({
    candidates: drawCandidates(base, seed).map((overrides, i) => ({ trial: i + 1, overrides })),
    shares: trainingShares(plays.offsets.length - 1, plays.tokens.length / vocabulary.ids.length),
    most,
    startedAt,
    deadline,
    clock,
    predict: trials.predict,
    onRound: (share) =>
      emit({
        type: "round",
        share,
        plays: Math.round(plays.tokens.length * share),
        heldOutPlaylists: trials.caseCount(share),
        secondsLeft: Math.round((deadline - clock()) / 1000),
      }),
    onSkip: ({ trial }, share, seconds) =>
      emit({ type: "tooLong", trial, share, seconds: Math.round(seconds * 10) / 10 }),
    async run(candidate, share) {
      const trial = await trials.run(candidate, share);
      emit({ type: "trial", trial });
      return trial.figure ?? -Infinity;
    },
  });
}

/** Shares of the playlists for the rounds, ascending: 1 and its divisions by eta that are still representative. */
export function trainingShares(playlists: number, playsPerSong: number): number[] {
  const shares = [1];
  while (shares.length < maxRounds) {
    const share = (shares[0] ?? 1) / eta;
    if (playlists * share < minPlaylists || playsPerSong * share < minPlaysPerSong) break;
    shares.unshift(share);
  }
  return shares;
}
