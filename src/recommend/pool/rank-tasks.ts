import { type Blender, singleChannels } from "../ensemble/blender.ts";
import { type Nearest, putHeap } from "../vectors/heap.ts";
import type { Excluded } from "../catalogue/mask.ts";
import type { Term } from "../vectors/mean.ts";
import type { ByPlaylists } from "../query/question.ts";
import type { Matrix, Ranking, SlotQuestion } from "../vectors/ranking.ts";

/** What songs are ranked by: a scan of a matrix, or all that playlists and vectors say. */
export type RankTask = Matrix | "blend";

export interface BlendQuestion {
  readonly terms: readonly Term[];
  readonly strategy: ByPlaylists;
}

/** A question of which the slot holds the query, or what is passed over at least. */
export interface RankQuestion extends SlotQuestion {
  readonly blend?: BlendQuestion;
}

/** Puts the k best songs of each question into the heap of its slot, best first, and returns how many they are. */
export type RankTasks = (task: RankTask, questions: readonly RankQuestion[]) => number[];

/** @param blender none, where nobody will ask for a blend */
export function createRankTasks(ranking: Pick<Ranking, "nearest">, blender: Blender | undefined): RankTasks {
  return (task, questions) => (task === "blend" ? questions.map(rank) : ranking.nearest(task, questions));

  function rank({ slot, k, blend }: RankQuestion): number {
    if (!blender || !blend) throw new TypeError("there are no playlists for a blend");
    return putHeap(slot, rankByPlaylists(blender, blend, { bits: slot.excluded }, k));
  }
}

export function rankByPlaylists(
  blender: Blender,
  { terms, strategy }: BlendQuestion,
  excluded: Excluded,
  count: number,
): Nearest {
  return blender.rank(terms, excluded, count, strategy === "blend" ? undefined : singleChannels[strategy]);
}
