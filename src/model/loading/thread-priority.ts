import { readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { basename } from "node:path";

/**
 * Lowers the priority of this thread, and of threads that it starts, where the system has priorities of threads: on Linux.
 * Elsewhere nothing changes.
 *
 * @param niceness 0 to 19
 */
export function lowerThreadPriority(niceness: number): void {
  if (process.platform !== "linux" || niceness === 0) return;
  try {
    const thread = Number(basename(readlinkSync("/proc/thread-self")));
    if (niceness > getPriority(thread)) setPriority(thread, niceness);
  } catch {
    // without /proc the number of this thread is not known
  }
}
