#!/usr/bin/env node
import { enableCompileCache, getCompileCacheDir } from "node:module";
import { dirname } from "node:path";

const oldest = 24;

if (Number(process.versions.node.split(".")[0]) < oldest) {
  process.stderr.write(`song2vec needs Node ${oldest} or newer; this is ${process.version}.\n`);
  process.exitCode = 1;
} else {
  endWithClosedPipes();
  keepCompiled();
  const { main } = await import("./commands/main.ts");
  await main(process.argv);
}

/** Ends quietly once nobody reads the output, as in `song2vec train --help | head -1`; a server goes on. */
function endWithClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      if (process.argv[2] !== "serve") process.exit();
    });
}

/** Keeps what was compiled for the next start, and for the threads and trainers of this one. */
function keepCompiled(): void {
  enableCompileCache();
  const own = getCompileCacheDir(); // of this version of Node
  if (own !== undefined) process.env["NODE_COMPILE_CACHE"] ??= dirname(own);
}
