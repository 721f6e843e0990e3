import { isCase, splitPlaylist } from "../../corpus/holdout.ts";
import { createIdIndex } from "../../corpus/id-index.ts";
import { type EvaluationCase, toEvaluationCase } from "../../evaluate/evaluation.ts";
import { type NextSongCase, nextSongCases } from "../../evaluate/next-song.ts";
import type { Model } from "../../model/model.ts";
import type { EvaluatedVersion, SplitPlaylists } from "./evaluated-version.ts";

/** A case in the rows of the candidate and in those of the active version. */
type Pair<Case> = readonly [candidate: Case, active: Case];

export interface ComparableCases {
  readonly cases: readonly Pair<EvaluationCase>[];
  /** Unknown songs have negative rows. */
  readonly nextSongs: readonly Pair<NextSongCase>[];
}

/** Next songs of the playlists that one version held out. */
const maxNextSongs = 1000;

/** Finds the cases that end in a held-out part that neither version trained on. */
export function comparableCases(
  { model, split }: { readonly model: Model; readonly split: SplitPlaylists },
  active: Pick<EvaluatedVersion, "model" | "split">,
): ComparableCases {
  const toActive = rowTranslator(model, active.model);
  const toCandidate = rowTranslator(active.model, model);
  const ofCandidate = casesOf(split, notTrainedByActive(split, active.split));
  const ofActive = active.split && casesOf(active.split, notTrainedByCandidate(split, active.split, toCandidate));
  return {
    cases: [
      ...ofCandidate.cases.map((own): Pair<EvaluationCase> => [own, translate(own, toActive)]),
      ...(ofActive?.cases ?? []).map((own): Pair<EvaluationCase> => [translate(own, toCandidate), own]),
    ],
    nextSongs: [
      ...ofCandidate.nextSongs.map((own): Pair<NextSongCase> => [own, translateNext(own, toActive)]),
      ...(ofActive?.nextSongs ?? []).map((own): Pair<NextSongCase> => [translateNext(own, toCandidate), own]),
    ],
  };
}

type IsIncluded = (playlist: number) => boolean;

function casesOf(split: SplitPlaylists, isIncluded: IsIncluded) {
  const { held, heldOutTokens } = split;
  const cases: EvaluationCase[] = [];
  let at = 0;
  for (const [playlist, plays] of held.entries()) {
    const end = heldOutTokens.subarray(at, (at += plays));
    if (plays === 0 || !isIncluded(playlist)) continue;
    const kept = keptOf(split, playlist);
    const testCase = splitPlaylist(Uint32Array.from([...kept, ...end]), kept.length);
    if (isCase(kept.length, testCase, plays)) cases.push(toEvaluationCase(testCase));
  }
  return { cases, nextSongs: nextSongCases(split, maxNextSongs, isIncluded) };
}

function notTrainedByActive({ keys }: SplitPlaylists, active: SplitPlaylists | null): IsIncluded {
  const heldByKey = new Map(active?.keys.entries().map(([playlist, key]) => [key, active.held[playlist]]));
  return (playlist) => heldByKey.get(keys[playlist] as number) !== 0;
}

/** Leaves out playlists that the candidate held out too, or has more songs of. */
function notTrainedByCandidate(
  candidate: SplitPlaylists,
  active: SplitPlaylists,
  toCandidate: (row: number) => number,
): IsIncluded {
  const playlistOfKey = new Map(candidate.keys.entries().map(([playlist, key]) => [key, playlist]));
  return (playlist) => {
    const own = playlistOfKey.get(active.keys[playlist] as number);
    if (own === undefined) return true;
    const [kept, keptByCandidate] = [keptOf(active, playlist), keptOf(candidate, own)];
    if (candidate.held[own] === 0 || keptByCandidate.length > kept.length) return false;
    const songs = new Set(kept.values().map(toCandidate));
    return songs.symmetricDifference(new Set(keptByCandidate)).size > 0;
  };
}

function keptOf({ playlists: { rows, offsets } }: SplitPlaylists, playlist: number): Uint32Array {
  return rows.subarray(offsets[playlist], offsets[playlist + 1]);
}

/** Finds songs of one model in another. Only a model with literal ids needs an index: others take every spelling. */
export function rowFinder(from: Model, to: Model): (songId: string) => number | undefined {
  if (to.manifest.songIds === "numbers" || from.manifest.songIds === "text") return to.rows.get;
  return createIdIndex(
    [...to.songs].map(({ id }) => id),
    ["numbers"],
  );
}

/** Translates rows of one model into those of another; −1 − row for its unknown songs. */
function rowTranslator(from: Model, to: Model): (row: number) => number {
  const find = rowFinder(from, to);
  return (row) => find(from.songs.at(row)?.id ?? "") ?? -1 - row;
}

/** Drops unknown songs. */
function translate({ query, truth, truthCount }: EvaluationCase, toRow: (row: number) => number): EvaluationCase {
  const rows = (list: Uint32Array) => Uint32Array.from(new Set(Array.from(list, toRow).filter((row) => row >= 0)));
  return { query: rows(query), truth: rows(truth), truthCount };
}

function translateNext({ history, next }: NextSongCase, toRow: (row: number) => number): NextSongCase {
  return { history: history.map(toRow), next: toRow(next) };
}
