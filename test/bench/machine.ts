import { availableParallelism, cpus, loadavg } from "node:os";

/** Processor, cores, Node version and load average in one line. A load at the start means that other programs run. */
export function describeMachine(): string {
  const model = cpus()[0]?.model ?? "unknown processor";
  return (
    `${model}, ${availableParallelism()} cores, Node ${process.version}, load ` +
    `${loadavg()[0]?.toFixed(1)} at the start`
  );
}
