import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** The share of all processors that a server takes without a trainer's resting for it, and the one at which that works least. */
const [idle, busy] = [0.05, 0.3];
export const leastShare = 0.15;
/** Linux counts in these, whatever its own clock does. */
const ticksASecond = 100;
/** Fields of /proc/<pid>/stat behind the name, which may have blanks in it. */
const [userTicks, systemTicks] = [11, 12];

/**
 * For which part of the time a trainer works beside a server that answers questions. The lowest priority does not keep it from
 * disturbing those: processors that are two halves of one core, and memory, are shared with whoever runs at the same time.
 *
 * @param load of all processors, the share that the server takes
 */
export function shareBeside(load: number): number {
  return Math.min(1, Math.max(leastShare, 1 - ((1 - leastShare) * (load - idle)) / (busy - idle)));
}

/** Seconds that processors have worked for all threads of a process; undefined where the system does not tell: it is not Linux, or the process is gone. */
export function processorSeconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[userTicks]) + Number(fields[systemTicks])) / ticksASecond;
  } catch {
    return undefined;
  }
}

/** To be called again and again: the share beside what the server took since the last time; undefined where that is not known. */
export function createLoadFollower(server: number): () => number | undefined {
  let [asked, worked] = [performance.now(), processorSeconds(server)];
  return () => {
    const [now, sum] = [performance.now(), processorSeconds(server)];
    const load =
      sum === undefined || worked === undefined || now <= asked
        ? undefined
        : (sum - worked) / ((now - asked) / 1000) / availableParallelism();
    [asked, worked] = [now, sum];
    return load === undefined ? undefined : shareBeside(load);
  };
}
