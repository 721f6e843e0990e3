#!/usr/bin/env node
import { enableCompileCache, getCompileCacheDir } from "node:module";
import { dirname } from "node:path";

const oldest = 24;

if (Number(process.versions.node.split(".")[0]) < oldest) {
  process.stderr.write(`song2vec needs Node ${oldest} or newer; this is ${process.version}.\n`);
  process.exitCode = 1;
} else {
  keepCompiled();
  const { main } = await import("./commands/main.ts");
  await main(process.argv);
}

/** Keeps what was compiled for the next start, and for the threads and trainers of this one. */
function keepCompiled(): void {
  enableCompileCache();
  const own = getCompileCacheDir(); // of this version of Node
  if (own !== undefined) process.env["NODE_COMPILE_CACHE"] ??= dirname(own);
}
