import { execFileSync } from "node:child_process";

/** Allocates shared memory of `pages` × 64 KiB, like that of a model, and writes to each page of 4 KiB. */
const program = `const pages = Number(process.argv[1]);
const bytes = new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer);
const started = performance.now();
for (let at = 0; at < bytes.length; at += 4096) bytes[at] = 1;
console.log((performance.now() - started) / 1000);`;

/**
 * Seconds of the first write to memory by one thread, which on some virtual machines take longer than reading a model.
 */
export function touchSeconds(kilobytes: number): number {
  const pages = Math.min(65_536, Math.ceil(kilobytes / 64));
  return Number(execFileSync(process.execPath, ["-e", program, String(pages)], { encoding: "utf8" }));
}
