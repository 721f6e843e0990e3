import { availableParallelism, cpus, loadavg } from "node:os";

/** What the figures are measured on, in one line; a load before the start means that others compute too. */
export function describeMachine(): string {
  const model = cpus()[0]?.model ?? "unknown processor";
  return `${model}, ${availableParallelism()} cores, Node ${process.version}, load ${loadavg()[0]?.toFixed(1)} at the start`;
}
