import { mean, standardError } from "./metrics.ts";

export interface PromotionDecision {
  /** Why the new version should not take over; null where it may. */
  readonly reason: string | null;
  /** Mean NDCG@10 over the same questions, and how many these were; null where nothing could be compared. */
  readonly figure: number | null;
  readonly activeFigure: number | null;
  readonly cases: number;
}

/**
 * A difference that is this many standard errors below zero is worse than chance would have it: one in 100, if nothing
 * is worse.
 */
const minStandardErrors = 2.33;
/** Fewer questions than this say nothing. */
const minCases = 20;

/**
 * Whether a new version is as good as the active one.
 * @param figures NDCG@10 of both for each question
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
    ? `NDCG@10 of ${cases} held-out playlists is ${figure.toFixed(4)}, that of the active version ${activeFigure.toFixed(4)}`
    : null;
  return { reason, figure, activeFigure, cases };
}
