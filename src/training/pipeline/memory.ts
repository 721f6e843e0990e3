import { totalmem } from "node:os";
import { setImmediate } from "node:timers/promises";
import type { Hyperparameters } from "../../word2vec/hyperparameters.ts";

const megabyte = 2 ** 20;

/** Bytes of memory that a process may use: the machine's memory, or the container's limit. */
export function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

/** Peak resident set size of this process, in MB. */
export function peakMemoryMB(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

export function toMB(bytes: number): number {
  return Math.round(bytes / megabyte);
}

/**
 * Collects garbage, if the process was started with --expose-gc, and returns the memory to the system. Reading leaves
 * some hundred megabytes of garbage, and V8 would keep them, because nothing that follows fills its heap.
 * @returns resident set size in bytes
 */
export async function reclaimMemory(): Promise<number> {
  await setImmediate(); // until then the call that has just returned keeps its last objects alive
  globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
  return process.memoryUsage.rss();
}

/** Next songs that the weights of repeats are fitted to. */
export const maxNextSongs = 3000;

/** Bytes for the candidates of one held-out playlist; their number grows with the plays per song, up to a limit. */
const caseBytes = (songs: number, plays: number) => Math.min(50_000, 18_000 + (1200 * plays) / songs);

/** Bytes for the candidates of one next song. */
const nextSongBytes = 1000;

/**
 * Peak memory of building an index, fitted to measurements: the process itself, the int8 vectors, the graph, songs and
 * plays. It exceeds the peak of training for short vectors only.
 */
export function indexingMB(songs: number, vectorSize: number, plays: number): number {
  return toMB(155 * megabyte + songs * (vectorSize + 340) + plays * 8);
}

/**
 * Peak memory of evaluating a version, fitted to measurements: the process itself, the model with int8 vectors, the
 * playlist index, and the candidates of each held-out playlist.
 * @param cases number of held-out playlists; 0: nothing is evaluated
 * @param nextSongs number of next songs
 * @returns MB
 */
export function evaluationMB(
  { vectorSize, nextSongSize }: Hyperparameters,
  songs: number,
  plays: number,
  cases: number,
  nextSongs: number,
): number {
  if (cases === 0) return 0;
  const model = songs * (2 * vectorSize + nextSongSize + 1200) + plays * 35;
  return toMB(150 * megabyte + model + cases * caseBytes(songs, plays) + nextSongs * nextSongBytes);
}

/** Peak memory of training next-song vectors: the process itself, the vectors twice, and tables of songs and plays. */
export function nextSongsMB({ nextSongSize, workers }: Hyperparameters, songs: number, plays: number): number {
  return toMB((110 + 3 * workers) * megabyte + songs * (8 * nextSongSize + 40) + plays * 21);
}
