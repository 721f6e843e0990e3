import { createLoadFollower, leastShare, processorSeconds } from "./server-load.ts";

/** Milliseconds in which work and rest take turns once, and after which the share of either is reckoned anew. */
const period = 40;
const reckoning = 250;

/**
 * Has a process work for a part of the time, by what the server takes of the processors: all of its threads stop at once, whatever
 * they are doing, so that nothing disturbs that for the rest of each period. As little as possible at first, while nothing is known; all
 * of the time where the system does not tell what the server takes.
 *
 * @param signal sends the process SIGSTOP or SIGCONT
 * @returns ends it; the process may be stopped then
 */
export function pace(server: number, signal: (name: "SIGSTOP" | "SIGCONT") => void): () => void {
  if (processorSeconds(server) === undefined) return () => {};
  const follow = createLoadFollower(server);
  let [share, reckoned] = [leastShare, performance.now()];
  let timer: NodeJS.Timeout;

  function work(): void {
    if (performance.now() - reckoned >= reckoning) [share, reckoned] = [follow() ?? 1, performance.now()];
    timer = share < 1 ? setTimeout(rest, share * period) : setTimeout(work, reckoning);
  }

  function rest(): void {
    signal("SIGSTOP");
    timer = setTimeout(goOn, (1 - share) * period);
  }

  function goOn(): void {
    signal("SIGCONT");
    work();
  }

  work();
  return () => clearTimeout(timer);
}
