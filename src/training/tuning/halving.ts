/** Candidates, data, evaluation and time budget of a successive halving. */
export interface Halving<C> {
  /** The first is the baseline, which takes part in every round. */
  readonly candidates: Iterable<C>;
  /** Share of the data that each round trains on: in (0, 1], ascending, the last one 1. */
  readonly shares: readonly number[];
  /** Maximum number of candidates in the first round; null: as many as its time allows. */
  readonly most: number | null;
  /** Milliseconds of `clock`. */
  readonly startedAt: number;
  readonly deadline: number;
  readonly clock: () => number;
  /** Estimated seconds of a trial. */
  readonly predict: (candidate: C, share: number) => number;
  readonly onRound?: (share: number) => void;
  /** Called for a candidate that was selected for a later round, but does not fit into the time left. */
  readonly onSkip?: (candidate: C, share: number, seconds: number) => void;
  /** @returns the validation figure, higher is better; −Infinity if the trial failed */
  readonly run: (candidate: C, share: number) => Promise<number>;
}

/** A round ends after this many consecutive candidates that do not fit into its time. */
const maxSkipped = 20;

/** The best 1/eta of a round's candidates reach the next round, which trains on eta times as much data. */
export const eta = 3;

/**
 * Successive halving (Jamieson and Talwalkar 2016): many candidates on a small share of the data, the best ones on
 * more. The rounds have equal time budgets; unused time passes on to the next round. A round's first two candidates may
 * use all the time left.
 */
export async function halve<C>({
  candidates,
  shares,
  most,
  startedAt,
  deadline,
  clock,
  predict,
  onRound,
  onSkip: onTooLong,
  run,
}: Halving<C>): Promise<void> {
  let remaining: Iterable<C> = candidates;
  for (const [round, share] of shares.entries()) {
    const until = startedAt + ((deadline - startedAt) * (round + 1)) / shares.length;
    const evaluated: { candidate: C; figure: number }[] = [];
    let skipped = 0;
    onRound?.(share);
    for (const candidate of remaining) {
      const seconds = predict(candidate, share);
      if (clock() + seconds * 1000 > (evaluated.length < 2 ? deadline : until)) {
        if (round > 0) onTooLong?.(candidate, share, seconds);
        skipped += 1;
        if (evaluated.length === 0 || skipped === maxSkipped) break;
        continue;
      }
      skipped = 0;
      evaluated.push({ candidate, figure: await run(candidate, share) });
      if (round === 0 && evaluated.length === most) break;
    }
    const [baseline, ...others] = evaluated;
    if (!baseline || others.length === 0) return;
    const best = others
      .toSorted((a, b) => b.figure - a.figure)
      .slice(0, Math.max(1, Math.ceil(evaluated.length / eta) - 1));
    remaining = [baseline, ...best].map(({ candidate }) => candidate);
  }
}
