import type { Model } from "../../model/model.ts";
import type { Blender } from "../ensemble/blender.ts";
import { type Excluded, excludes } from "../catalogue/mask.ts";
import { contextQuery, similarityQuery, type Term } from "../vectors/mean.ts";
import { rankNewcomers, type Scope } from "../cold-start/newcomer-ranking.ts";
import { mergeRankings, type NewcomerRanker } from "../cold-start/newcomers.ts";
import type { Popularity } from "../ensemble/popularity.ts";
import type { ByPlaylists, Strategy, Substitute } from "./question.ts";
import { type BlendQuestion, rankByPlaylists } from "../pool/rank-tasks.ts";
import type { Matrix } from "../vectors/ranking.ts";
import type { RankedRows } from "./rerank.ts";
import type { Search } from "../pool/search.ts";
import { aside, nearestAside, type Steps } from "../pool/steps.ts";

/**
 * How songs come in order, as many as are asked for; a larger count begins with the same ones. Each step is one search.
 *
 * Generator functions are not made for a question: each of them gets a prototype once it is called, which V8 keeps among the
 * old objects with all that the function can see, until a major collection.
 */
export type Ranker = (count: number) => Steps<RankedRows>;

/** The same in one step. */
export type RankerAtOnce = (count: number) => RankedRows;

/** The orders that a model knows. */
export interface Rankers {
  /** Of the model's songs and of newcomers. */
  byStrategy(terms: readonly Term[], strategy: Strategy, scope: Scope): Ranker;
  /** Newcomers come last. */
  byPlays(scope: Scope): Ranker;
  /** What answers in the place of a strategy, where the model has not what it takes for it. */
  substituteFor(strategy: Strategy): Substitute | null;
}

export interface RankerSources {
  readonly model: Model;
  readonly search: Search;
  /** undefined for a model without playlists */
  readonly blender: Blender | undefined;
  readonly popularity: Popularity;
}

export function createRankers({ model, search, blender, popularity }: RankerSources): Rankers {
  const { songs, manifest } = model;

  function ofModel(terms: readonly Term[], strategy: Strategy, excluded: Excluded): Ranker {
    if (strategy === "context") return byVectors("output", contextQuery(model, terms), excluded);
    if (strategy === "similarity") return byVectors("input", similarityQuery(model, terms), excluded);
    return (count) => blend({ terms, strategy }, excluded, count);
  }

  function* blend(question: BlendQuestion, excluded: Excluded, count: number): Steps<RankedRows> {
    const now = () => byPlaylists(question.terms, question.strategy, excluded)(count);
    return search.blendsAside(count)
      ? yield* aside({ now, aside: () => search.blend(question, count, excluded) })
      : now();
  }

  function byVectors(matrix: Matrix, query: Float32Array, excluded: Excluded): Ranker {
    return (count) => nearest(matrix, query, excluded, count);
  }

  function* nearest(matrix: Matrix, query: Float32Array, excluded: Excluded, count: number): Steps<RankedRows> {
    return search.asksThread(matrix, count, excluded)
      ? yield* nearestAside(search, matrix, query, count, excluded)
      : search.nearestNow(matrix, query, count, excluded);
  }

  function byPlaylists(terms: readonly Term[], strategy: ByPlaylists, excluded: Excluded): RankerAtOnce {
    if (!blender) throw new TypeError(`there are no playlists for ${strategy}`);
    return (count) => rankByPlaylists(blender, { terms, strategy }, excluded, count);
  }

  return {
    byStrategy(terms, strategy, { here, excluded, isOut }) {
      const ranked = ofModel(terms, strategy, excluded);
      if (here.size === 0) return ranked;
      let known: NewcomerRanker | undefined;
      const theirs = () => (known ??= rankNewcomers(here, { search, terms, strategy, isOut, rankModel: byPlaylists }));
      return (count) => merged(ranked, theirs, count);
    },

    byPlays({ here, excluded, isOut }) {
      const out = excludes(excluded);
      return inOneStep((count) => {
        const rows: number[] = [];
        for (let row = 0; row < songs.length && rows.length < count; row++) if (!out.has(row)) rows.push(row);
        const played = { rows: Uint32Array.from(rows), scores: rows.map(popularity.share) };
        return rows.length < count ? mergeRankings(played, here.unplayed(isOut)(count), count) : played;
      });
    },

    substituteFor(strategy) {
      const hasWhatItTakes =
        strategy === "similarity" || (strategy === "context" ? manifest.outputVectors : blender !== undefined);
      if (hasWhatItTakes) return null;
      return manifest.outputVectors ? "context" : "similarity";
    },
  };
}

function* merged(ranked: Ranker, theirs: () => NewcomerRanker, count: number): Steps<RankedRows> {
  const newcomers = theirs();
  yield;
  return mergeRankings(yield* ranked(count), newcomers(count), count);
}

export function inOneStep(ranked: RankerAtOnce): Ranker {
  return (count) => oneStep(ranked, count);
}

// oxlint-disable-next-line require-yield
function* oneStep(ranked: RankerAtOnce, count: number): Steps<RankedRows> {
  return ranked(count);
}
