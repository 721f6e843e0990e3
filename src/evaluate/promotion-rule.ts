import { mean, standardError } from "./metrics.ts";

export interface PromotionDecision {
  /** Why the new version is rejected; null if it passes. */
  readonly reason: string | null;
  /** Mean NDCG@10 of the new version over `cases`; null if there are too few. */
  readonly figure: number | null;
  /** Mean NDCG@10 of the active version over the same cases. */
  readonly activeFigure: number | null;
  readonly cases: number;
}

/** A version is worse if its difference is this many standard errors below 0: a one-sided test at the 1 % level. */
const minStandardErrors = 2.33;
/** With fewer cases the versions are not compared. */
const minCases = 20;

/**
 * Decides whether a new version may replace the active one.
 *
 * @param figures NDCG@10 of both versions for each case
 */
export function decidePromotion(
  figures: readonly { readonly candidate: number; readonly active: number }[],
): PromotionDecision {
  const cases = figures.length;
  if (cases < minCases) return { reason: null, figure: null, activeFigure: null, cases };
  const differences = figures.map(({ candidate, active }) => candidate - active);
  const difference = mean(differences);
  const [figure, activeFigure] = [
    mean(figures.map(({ candidate }) => candidate)),
    mean(figures.map(({ active }) => active)),
  ];
  const isWorse = difference < -minStandardErrors * standardError(differences);
  const reason = isWorse
    ? `NDCG@10 of ${cases} held-out playlists is ${figure.toFixed(4)}, ` +
      `that of the active version ${activeFigure.toFixed(4)}`
    : null;
  return { reason, figure, activeFigure, cases };
}
