#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { dirname } from 'node:path';
import { takeServerSettings } from './commands/process-settings.ts';

const oldest = 24;

if (Number(process.versions.node.split('.')[0]) < oldest) {
  process.stderr.write(`song2vec needs Node ${oldest} or newer; this is ${process.version}.\n`);
  process.exitCode = 1;
} else {
  if (process.argv[2] === 'serve') takeServerSettings();
  const { directory } = enableCompileCache();
  if (directory !== undefined) process.env['NODE_COMPILE_CACHE'] ??= dirname(directory); // else threads and trainers compile all of it again
  const { main } = await import('./commands/main.ts');
  await main(process.argv);
}
