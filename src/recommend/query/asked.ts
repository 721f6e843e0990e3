import type { Model } from "../../model/model.ts";
import type { Borrowing } from "../cold-start/artist-fallback.ts";
import type { AskedSong } from "../ensemble/explain.ts";
import type { Term } from "../vectors/mean.ts";
import { findRow, type ColdStartEmbeddings } from "../cold-start/embeddings.ts";
import type { Answer, Question } from "./question.ts";

/** What a model knows of the songs that a question asks with. */
export interface Familiarity extends Pick<Answer, "unknownSongs" | "borrowed"> {
  /** Each once, in the order asked. */
  readonly songIds: readonly string[];
  /** Of those that the model knows, and of newcomers. */
  readonly rows: number[];
}

/** Songs by their ids, beside some newcomers. */
export interface Asked {
  /** Each song once, by what stands for it: itself, or others for newcomers and for songs of artists that the model knows. */
  partsOf(songs: Question["songs"]): AskedSong[];
  /** All that stands for the songs. */
  termsOf(songs: Question["songs"]): Term[];
  familiarityOf(songs: Question["songs"]): Familiarity;
  /** Songs that are subtracted, as far as the model knows them, and newcomers. */
  dislikedOf(songIds: readonly string[]): { readonly rows: number[]; readonly terms: Term[] };
}

export function askedOf(model: Pick<Model, "rows">, coldStart: ColdStartEmbeddings, borrowing: Borrowing): Asked {
  const find = (songId: string) => findRow(model, coldStart, songId);

  function partsOf(songs: Question["songs"]): AskedSong[] {
    return [...firstWeights(songs)].map(([songId, weight]) => {
      const known = model.rows.get(songId);
      if (known !== undefined) return { songId, terms: [{ row: known, weight }] };
      const terms = coldStart.at(coldStart.rowOf(songId) ?? -1)?.terms ?? borrowing.find(songId)?.terms ?? [];
      return {
        songId,
        terms: terms.map((term) => ({ row: term.row, weight: weight * term.weight, step: 1 / terms.length })),
      };
    });
  }

  const termsOf = (songs: Question["songs"]) => partsOf(songs).flatMap(({ terms }) => terms);

  return {
    partsOf,
    termsOf,

    dislikedOf(songIds) {
      const known = [...new Set(songIds)]
        .map((songId) => ({ songId, row: find(songId) }))
        .filter(({ row }) => row !== undefined);
      return {
        rows: known.flatMap(({ row }) => row ?? []),
        terms: termsOf(known.map(({ songId }) => ({ songId, weight: -1 }))),
      };
    },

    familiarityOf(songs) {
      const songIds = [...new Set(songs.map(({ songId }) => songId))];
      const unfamiliar = songIds.filter((songId) => find(songId) === undefined);
      const borrowed = unfamiliar
        .flatMap((songId) => borrowing.find(songId) ?? [])
        .map(({ songId, artist }) => ({ songId, artist }));
      const lent = new Set(borrowed.map(({ songId }) => songId));
      return {
        songIds,
        rows: songIds.map(find).filter((row) => row !== undefined),
        unknownSongs: unfamiliar.filter((songId) => !lent.has(songId)),
        ...(borrowed.length > 0 && { borrowed }),
      };
    },
  };
}

/** In the order in which they are listed last. */
function firstWeights(songs: Question["songs"]): Map<string, number> {
  const weights = new Map<string, number>();
  for (const { songId, weight } of songs) {
    if (!Number.isFinite(weight)) throw new RangeError(`song ${songId} has weight ${weight}`);
    const first = weights.get(songId) ?? weight;
    weights.delete(songId);
    weights.set(songId, first);
  }
  return weights;
}
