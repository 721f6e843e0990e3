/** How much of all there is each round trains on, how it judges, and what it may take. */
export interface Halving<C> {
  /** The first is what the others have to beat: it is in every round. */
  readonly candidates: Iterable<C>;
  /** Ascending, the last one 1. */
  readonly shares: readonly number[];
  /** Candidates of the first round; null: as many as its time allows. */
  readonly most: number | null;
  readonly begun: number;
  readonly deadline: number;
  /** Milliseconds, as the two above. */
  readonly clock: () => number;
  /** Seconds that a trial will take. */
  readonly predict: (candidate: C, share: number) => number;
  readonly onRound?: (share: number) => void;
  /** Told of a trial that went ahead, but would not fit, and is not begun. */
  readonly onTooLong?: (candidate: C, share: number, seconds: number) => void;
  /** The higher, the better; −Infinity for one that failed. */
  readonly run: (candidate: C, share: number) => Promise<number>;
}

/** After so many in a row that would not fit a round is over. */
const mostPassedOver = 20;

/** Of the candidates of a round this part goes on to the next, which has so many times as much to train on. */
export const eta = 3;

/**
 * Successive halving (Jamieson and Talwalkar 2016): many candidates on little, the better ones on more. Each round may
 * take the same time, and what one leaves is the next one's; but with two candidates each goes ahead while there is any.
 */
export async function halve<C>({
  candidates,
  shares,
  most,
  begun,
  deadline,
  clock,
  predict,
  onRound,
  onTooLong,
  run,
}: Halving<C>): Promise<void> {
  let field: Iterable<C> = candidates;
  for (const [round, share] of shares.entries()) {
    const until = begun + ((deadline - begun) * (round + 1)) / shares.length;
    const judged: { candidate: C; figure: number }[] = [];
    let passedOver = 0;
    onRound?.(share);
    for (const candidate of field) {
      const seconds = predict(candidate, share);
      if (clock() + seconds * 1000 > (judged.length < 2 ? deadline : until)) {
        if (round > 0) onTooLong?.(candidate, share, seconds);
        passedOver += 1;
        if (judged.length === 0 || passedOver === mostPassedOver) break;
        continue;
      }
      passedOver = 0;
      judged.push({ candidate, figure: await run(candidate, share) });
      if (round === 0 && judged.length === most) break;
    }
    const [first, ...others] = judged;
    if (!first || others.length === 0) return;
    const better = others
      .toSorted((a, b) => b.figure - a.figure)
      .slice(0, Math.max(1, Math.ceil(judged.length / eta) - 1));
    field = [first, ...better].map(({ candidate }) => candidate);
  }
}
