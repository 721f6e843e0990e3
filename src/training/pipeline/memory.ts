import { totalmem } from "node:os";
import { setImmediate } from "node:timers/promises";

const megabyte = 2 ** 20;

/** Bytes that a process may hold here: the machine's memory, or less in a container. */
export function memoryLimit(): number {
  const confined = process.constrainedMemory();
  return confined > 0 ? Math.min(totalmem(), confined) : totalmem();
}

/** The most that this process has held so far, in MB. */
export function peakMemoryMB(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

export function toMB(bytes: number): number {
  return Math.round(bytes / megabyte);
}

/**
 * The bytes that this process holds. Where it was started with --expose-gc garbage is given back to the system first:
 * reading leaves some hundred megabytes of it, and V8 would keep them, since nothing that follows fills its heap.
 */
export async function reclaimMemory(): Promise<number> {
  await setImmediate(); // until then the call that has just ended keeps its last objects alive
  globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
  return process.memoryUsage.rss();
}

/** Bytes of what is known of one held-out playlist's candidates: they are more where songs are played more, up to all that there can be. */
const caseBytes = (songs: number, plays: number) => Math.min(50_000, 18_000 + (1200 * plays) / songs);

/**
 * What building an index takes at most, by measurements: the process itself, the vectors in bytes, the graph, and what the trainer knows of
 * songs and plays. Only short vectors take less in training.
 */
export function indexingMB(songs: number, vectorSize: number, plays: number): number {
  return toMB(155 * megabyte + songs * (vectorSize + 340) + plays * 8);
}

/**
 * What judging a version takes at most, by measurements: the process itself, the model in bytes with what is asked of it, the
 * index of the playlists, and what is known of the candidates of each held-out playlist. Nothing where none is held out.
 */
export function evaluationMB(songs: number, vectorSize: number, plays: number, cases: number): number {
  return cases === 0
    ? 0
    : toMB(150 * megabyte + songs * (2 * vectorSize + 1200) + plays * 35 + cases * caseBytes(songs, plays));
}
