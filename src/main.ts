#!/usr/bin/env node
import { keepCompiled, takeServerSettings } from "./commands/process-settings.ts";

const oldest = 24;

if (Number(process.versions.node.split(".")[0]) < oldest) {
  process.stderr.write(`song2vec needs Node ${oldest} or newer; this is ${process.version}.\n`);
  process.exitCode = 1;
} else {
  if (process.argv[2] === "serve") takeServerSettings();
  keepCompiled();
  const { main } = await import("./commands/main.ts");
  await main(process.argv);
}
