/** A query song that contributed to a recommendation. */
export interface Reason {
  readonly songId: string;
  /** Share of the score, to four decimals; the shares of an item add up to 1. */
  readonly share: number;
  /** Training playlists that contain both songs, or different songs that represent them; 0 for the item itself. */
  readonly playlists: number;
}

/** The weights of playlists and vectors. */
export interface SourceWeights {
  readonly playlists: number;
  readonly vectors: number;
}

/** Reasons per item. */
const maxReasons = 10;

/**
 * Combines both kinds of contributions by their weights. If all weighted contributions are 0 it uses unweighted ones,
 * and equal shares as the last resort.
 */
export function combine(
  byPlaylists: readonly number[],
  byVectors: readonly number[],
  { playlists, vectors }: SourceWeights,
): number[] {
  const [playlistTotal, vectorTotal] = [sum(byPlaylists), sum(byVectors)];
  const [a, b] = [playlistTotal > 0 ? playlists / playlistTotal : 0, vectorTotal > 0 ? vectors / vectorTotal : 0];
  const parts = byPlaylists.map((part, i) => a * part + b * (byVectors[i] ?? 0));
  if (sum(parts) > 0) return parts;
  const unweighted = byPlaylists.map((part, i) => part + (byVectors[i] ?? 0));
  return sum(unweighted) > 0 ? unweighted : unweighted.map(() => 1);
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Picks the reasons with the largest shares. @param repeats the item itself, which is always picked */
export function largestReasons(all: readonly Reason[], repeats: string | undefined): Reason[] {
  const picked = all
    .filter(({ share }) => share > 0)
    .toSorted((one, other) => other.share - one.share)
    .slice(0, maxReasons);
  if (repeats !== undefined && !picked.some(({ songId }) => songId === repeats)) {
    const itself = all.find(({ songId }) => songId === repeats) ?? { songId: repeats, share: 0, playlists: 0 };
    picked.splice(maxReasons - 1, 1, itself);
  }
  return roundShares(picked).filter(({ songId, share }) => share > 0 || songId === repeats);
}

/** Rounds shares to four decimals. The first one absorbs the rounding error. */
function roundShares(reasons: readonly Reason[]): Reason[] {
  const total = sum(reasons.map(({ share }) => share));
  const units = reasons.map(({ share }) => Math.round((1e4 * share) / total));
  const others = sum(units.slice(1));
  return reasons.map((reason, k) => ({ ...reason, share: (k === 0 ? 1e4 - others : (units[k] ?? 0)) / 1e4 }));
}
