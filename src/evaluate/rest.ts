import type { Ranker } from './baselines.ts';

/** Called between questions, on a thread that has nothing else to do: may hold it up, so that others go first. */
export type Rest = () => void;

export const noRest: Rest = () => {};

export function withRest(rank: Ranker, rest: Rest): Ranker {
  return (query, count) => {
    rest();
    return rank(query, count);
  };
}
