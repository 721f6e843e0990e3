import { readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { basename } from "node:path";

/**
 * Lowers the scheduling priority of this thread and of threads that it starts. Only Linux has priorities per thread;
 * elsewhere this does nothing.
 *
 * @param niceness 0 to 19
 */
export function lowerThreadPriority(niceness: number): void {
  if (process.platform !== "linux" || niceness === 0) return;
  try {
    const thread = Number(basename(readlinkSync("/proc/thread-self")));
    if (niceness > getPriority(thread)) setPriority(thread, niceness);
  } catch {
    // without /proc the id of this thread is unknown
  }
}
