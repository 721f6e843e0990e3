import { type Yield, yieldEvery } from "../../model/yield.ts";
import type { PlaylistIndex } from "../../model/memory/playlist-index.ts";
import type { Blend } from "./blend.ts";
import type { FeatureName } from "./features.ts";
import type { Term } from "../vectors/mean.ts";
import { type QuerySong, toQuerySongs } from "./recency.ts";
import { combine, largestReasons, type Reason, type SourceWeights, sum } from "./reasons.ts";
import type { Strategy } from "./strategy.ts";

/** A query song and the known songs that represent it: itself, its references, or songs of its artist. */
export interface ResolvedSong {
  readonly songId: string;
  readonly terms: readonly Term[];
}

/** A recommended song. */
export interface ExplainedItem {
  readonly terms: readonly Term[];
  /** The song itself, if it is one of the query. */
  readonly repeats?: string;
}

export interface ExplainerSources {
  readonly index: PlaylistIndex | undefined;
  /** Cosines of one song with others. @param rows ascending @returns [rows.length] */
  similarity(row: number, rows: Uint32Array): ArrayLike<number>;
  /** Context scores of songs for a query of one song. @param rows ascending @returns [rows.length] */
  context(row: number, rows: Uint32Array): ArrayLike<number>;
  readonly hasTree: boolean;
  readonly blend: Blend;
}

export type Explain = ReturnType<typeof createExplainer>;

/** A query song whose terms have positive weights. */
interface LikedSong {
  readonly songId: string;
  readonly querySongs: readonly QuerySong[];
}

/** The contribution of each query song to each item [query songs, items]. */
interface Contributions {
  readonly sharedPlaylists: Uint32Array;
  readonly byPlaylists: Float64Array;
  readonly byVectors: Float64Array;
}

/**
 * Explains which query songs contributed to the recommended songs.
 *
 * A query song contributes in two ways. By playlists: weight / √plays · Σ 1 / √length over the playlists that contain
 * both songs, as in session-kNN. By vectors: weight · cosine (for `context`, the score of this song alone), if
 * positive. Each kind is normalised over the query songs. Their sum is weighted like the playlist and vector features
 * of the blend.
 *
 * Weights decay with recency as in the blend. Songs that are represented by several terms get the weighted sum of their
 * terms. Only the latest 200 query songs count, and the ten largest shares are kept. The reasons of a repeat always
 * include the song itself.
 *
 * The returned function takes the query songs, the items and the strategy. It returns the reasons of each item, largest
 * share first. There are none for an item without terms, or if no query song has a positive weight.
 */
export function createExplainer({ index, similarity, context, hasTree, blend }: ExplainerSources) {
  const weights = (features: readonly FeatureName[]) =>
    features.reduce((sum, name) => sum + Math.max(0, blend.weights[name]), 0);
  const sourceWeights: Record<Strategy, SourceWeights> = {
    blend: {
      playlists: weights([
        "neighbours",
        "neighboursSquared",
        "neighboursNear",
        "neighboursAny",
        "neighboursAnySquared",
        "companions",
        "next",
      ]),
      vectors: weights(["context", "contextLatest", "nextSong", "similarity"]),
    },
    playlists: { playlists: 1, vectors: 0 },
    cooccurrence: { playlists: 1, vectors: 0 },
    context: { playlists: 0, vectors: 1 },
    similarity: { playlists: 0, vectors: 1 },
  };

  async function addPlaylistContributions(
    liked: readonly LikedSong[],
    items: readonly (readonly Term[])[],
    { sharedPlaylists, byPlaylists }: Contributions,
    { starts, playlists, offsets }: PlaylistIndex,
    pause: Yield,
  ): Promise<void> {
    /** The weight of the query song in each playlist. */
    const playlistWeights = new Float64Array(offsets.length);
    /** How many terms of the query song are in each playlist; 2 for more. */
    const termCounts = new Uint8Array(offsets.length);
    const lastCounted = new Uint32Array(offsets.length);
    const playsOf = (row: number) => playlists.subarray(starts[row], starts[row + 1]);
    let at = 0;
    for (const { querySongs } of liked) {
      for (const { row, recentWeight } of querySongs) {
        const plays = playsOf(row);
        const playWeight = recentWeight / Math.sqrt(Math.max(1, plays.length));
        forEachOnce(plays, (playlist) => {
          playlistWeights[playlist] = (playlistWeights[playlist] ?? 0) + playWeight;
          termCounts[playlist] = Math.min(2, (termCounts[playlist] ?? 0) + 1);
        });
      }
      const own = new Set(querySongs.map(({ row }) => row));
      for (const terms of items) {
        for (const { row, weight } of terms) {
          await pause();
          const itself = own.has(row) ? 1 : 0;
          forEachOnce(playsOf(row), (playlist) => {
            const playlistWeight = playlistWeights[playlist] ?? 0;
            if (playlistWeight === 0) return;
            byPlaylists[at] =
              (byPlaylists[at] ?? 0) +
              (weight * playlistWeight) / Math.sqrt((offsets[playlist + 1] ?? 0) - (offsets[playlist] ?? 0));
            if (termCounts[playlist] === itself || lastCounted[playlist] === at + 1) return;
            lastCounted[playlist] = at + 1;
            sharedPlaylists[at] = (sharedPlaylists[at] ?? 0) + 1;
          });
        }
        at++;
      }
      for (const { row } of querySongs)
        for (const playlist of playsOf(row)) playlistWeights[playlist] = termCounts[playlist] = 0;
    }
  }

  async function addVectorContributions(
    liked: readonly LikedSong[],
    items: readonly (readonly Term[])[],
    { byVectors }: Contributions,
    strategy: Strategy,
    pause: Yield,
  ): Promise<void> {
    const rows = Uint32Array.from(new Set(items.flatMap((terms) => terms.map(({ row }) => row)))).sort();
    const indexOfRow = new Map(Array.from(rows, (row, index) => [row, index]));
    const isLogarithm = strategy === "context" && hasTree;
    for (const [q, { querySongs }] of liked.entries()) {
      const values = new Float64Array(rows.length);
      for (const { row, weight, recentWeight } of querySongs) {
        await pause();
        const scores = strategy === "context" ? context(row, rows) : similarity(row, rows);
        const counts = strategy === "blend" ? recentWeight : weight;
        for (let i = 0; i < values.length; i++)
          values[i] = (values[i] ?? 0) + counts * (isLogarithm ? Math.exp(scores[i] ?? 0) : (scores[i] ?? 0));
      }
      for (const [i, terms] of items.entries()) {
        await pause();
        byVectors[q * items.length + i] = Math.max(
          0,
          sum(terms.map(({ row, weight }) => weight * (values[indexOfRow.get(row) ?? 0] ?? 0))),
        );
      }
    }
  }

  return async (
    songs: readonly ResolvedSong[],
    explained: readonly ExplainedItem[],
    strategy: Strategy,
    pause: Yield = yieldEvery(),
  ): Promise<Reason[][]> => {
    const items = explained.map(({ terms }) => terms);
    const liked = toLikedSongs(songs);
    const size = liked.length * items.length;
    const contributions: Contributions = {
      sharedPlaylists: new Uint32Array(size),
      byPlaylists: new Float64Array(size),
      byVectors: new Float64Array(size),
    };
    if (index) await addPlaylistContributions(liked, items, contributions, index, pause);
    await addVectorContributions(liked, items, contributions, strategy, pause);

    const reasons: Reason[][] = [];
    for (const [item, { terms, repeats }] of explained.entries()) {
      await pause();
      const at = (q: number) => q * items.length + item;
      const of = (part: Float64Array) => liked.map((_, q) => part[at(q)] ?? 0);
      const shares = combine(of(contributions.byPlaylists), of(contributions.byVectors), sourceWeights[strategy]);
      const all = liked.map(({ songId }, q) => ({
        songId,
        share: shares[q] ?? 0,
        playlists: contributions.sharedPlaylists[at(q)] ?? 0,
      }));
      reasons.push(terms.length === 0 ? [] : largestReasons(all, repeats));
    }
    return reasons;
  };
}

function toLikedSongs(songs: readonly ResolvedSong[]): LikedSong[] {
  const terms = songs.flatMap(({ songId, terms: own }) => own.map((term) => ({ songId, term })));
  const querySongs = toQuerySongs(terms.map(({ term }) => term));
  const latest = terms.slice(terms.length - querySongs.length);
  const liked = querySongs
    .map((song, i) => ({ song, songId: latest[i]?.songId ?? "" }))
    .filter(({ song }) => song.weight > 0);
  return [...Map.groupBy(liked, ({ songId }) => songId)].map(([songId, own]) => ({
    songId,
    querySongs: own.map(({ song }) => song),
  }));
}

/** Visits each playlist once. @param plays ascending, so repeats are adjacent */
function forEachOnce(plays: Uint32Array, visit: (playlist: number) => void): void {
  let last = -1;
  for (const playlist of plays) {
    if (playlist !== last) visit(playlist);
    last = playlist;
  }
}
