import { execFileSync } from "node:child_process";

/** What a process of its own runs: shared memory as a model lies in, of so many 64 KiB, of which it writes to each page of 4 KiB. */
const program = `const pages = Number(process.argv[1]);
const bytes = new Uint8Array(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }).buffer);
const started = performance.now();
for (let at = 0; at < bytes.length; at += 4096) bytes[at] = 1;
console.log((performance.now() - started) / 1000);`;

/** Seconds that the first touch of so much memory takes, by one thread; on some virtual machines longer than to read and check what is put into it. */
export function touchSeconds(kilobytes: number): number {
  const pages = Math.min(65_536, Math.ceil(kilobytes / 64));
  return Number(execFileSync(process.execPath, ["-e", program, String(pages)], { encoding: "utf8" }));
}
