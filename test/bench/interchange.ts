import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { pipeline } from "node:stream/promises";
import { listInputFiles } from "../../src/corpus/readers/files.ts";
import { type ExportFormat, exportModel } from "../../src/model/interchange/export.ts";
import { importSafetensors } from "../../src/model/interchange/import-safetensors.ts";
import { importWord2vec } from "../../src/model/interchange/import-word2vec.ts";
import { openVersions } from "../../src/model/format/versions.ts";
import { writeGeneratedModel } from "./search/generated-model.ts";
import { describeMachine } from "./machine.ts";
import { cell, printTable, type Row } from "./table.ts";

/**
 * Duration, memory and event loop delay of exports and imports: `npm run bench:interchange -- [songs] [dimensions]`.
 */
const [songs = 200_000, vectorSize = 128] = process.argv.slice(2).map(Number);
const formats = ["word2vec-binary", "word2vec-text", "projector", "safetensors"] as const;
const folder = await mkdtemp(join(tmpdir(), "song2vec-interchange-"));
const versions = await openVersions(join(folder, "models"));
const file = (format: ExportFormat) => join(folder, format);

await writeGeneratedModel(folder, songs, vectorSize);
const found = await versions.find(1);

/** Measures the duration, the growth of memory, and the longest event loop delay. */
async function measure(what: string, work: () => Promise<unknown>): Promise<Row> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const sampler = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
  delay.enable();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1000;
  delay.disable();
  clearInterval(sampler);
  return {
    what,
    seconds: cell(seconds, 1),
    "memory growth MB": cell((most - before) / 2 ** 20),
    "longest event loop delay ms": cell(delay.max / 1e6),
  };
}

const table: Row[] = [];
for (const format of formats) {
  table.push(
    await measure(`export ${format}`, () =>
      pipeline(exportModel(found.folder, found.manifest, { format }), createWriteStream(file(format))),
    ),
  );
}
for (const format of formats.filter((each) => each !== "projector")) {
  const target = await versions.createStaging();
  const [vectors] = await listInputFiles([file(format)]);
  if (!vectors) throw new RangeError(format);
  const work = () =>
    format === "safetensors"
      ? importSafetensors(target, vectors.path)
      : importWord2vec(target, {
          vectors: { name: vectors.name, open: vectors.open },
          ids: "escaped",
          songIds: "text",
          importedBy: "a bench",
        });
  table.push(await measure(`import ${format}`, work));
  await versions.discard(target);
}
console.log(`${songs} songs of ${vectorSize} dimensions, input and output; ${describeMachine()}`);
printTable(table);
await rm(folder, { recursive: true });
