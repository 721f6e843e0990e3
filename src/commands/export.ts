import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Command, Option } from "commander";
import { readConfig } from "../config.ts";
import { createError, messageOf, Song2vecError } from "../errors.ts";
import { type ExportFormat, exportFormats, exportModel, type ExportOptions } from "../model/interchange/export.ts";
import { openDataFolder } from "../service/data-folder.ts";
import { addJson, addSettings, findVersion, readVersion, wholeNumber, writeJson } from "./options.ts";

const examples = `
Examples:
  song2vec export --format word2vec-binary --output vectors.bin --counts vocabulary.txt
  song2vec export 3 --format word2vec-text --vectors output --output - | gzip > outputs.txt.gz
  song2vec export latest --format projector --limit 10000 --output vectors.tsv --metadata metadata.tsv
`;

interface ExportCommandOptions {
  readonly format: ExportFormat;
  readonly output: string;
  readonly vectors: "input" | "output";
  readonly limit?: number;
  readonly counts?: string;
  readonly metadata?: string;
  readonly json?: boolean;
}

export function exportCommand(): Command {
  const command = new Command("export")
    .description("export the vectors of a model version")
    .argument("[version]", "number of the model version, or latest", readVersion, "latest")
    .addOption(
      new Option("--format <name>", "format of the file").choices(Object.keys(exportFormats)).makeOptionMandatory(),
    )
    .requiredOption("--output <file>", "file to write; - is standard output")
    .addOption(new Option("--vectors <kind>", "input or output vectors").choices(["input", "output"]).default("input"))
    .option("--limit <number>", "export only this number of the most played songs", wholeNumber)
    .option("--counts <file>", "also write a file of plays, which gensim reads with fvocab")
    .option(
      "--metadata <file>",
      "also write a file of ids, plays, titles and artists, which the TensorBoard projector reads",
    );
  return addJson(addSettings(command, ["dataDir"]), examples).action(runExport);
}

async function runExport(version: number | "latest", options: ExportCommandOptions): Promise<void> {
  const { format, output, vectors, limit, counts, metadata, json } = options;
  if (json && output === "-")
    throw createError("USAGE", {
      reason: "--json and --output - both write to standard output.",
      advice: "Use one of them.",
    });
  const config = readConfig({ ...options }, process.env);
  const versions = await openDataFolder(config.dataDir);
  const number = await findVersion(versions, version, config);
  const { folder, manifest } = await versions.find(number);
  const some = limit === undefined ? {} : { limit };
  const write = (file: string, request: ExportOptions) =>
    writeFile(file, exportModel(folder, manifest, { ...request, ...some }));
  const files = [await write(output, { format, vectors })];
  if (counts !== undefined) files.push(await write(counts, { format: "word2vec-vocabulary" }));
  if (metadata !== undefined) files.push(await write(metadata, { format: "projector-metadata" }));
  const songs = Math.min(manifest.songs, limit ?? manifest.songs);
  process.stderr.write(
    `exported ${songs.toLocaleString("en")} songs of model version ${number} to ${files.map((file) => file.name).join(", ")}\n`,
  );
  if (json) writeJson({ version: number, format, songs, vectorSize: manifest.vectorSize, files });
}

/** @throws OUTPUT_UNWRITABLE */
async function writeFile(path: string, chunks: AsyncGenerator<Uint8Array>): Promise<{ name: string; size: number }> {
  let size = 0;
  async function* counted() {
    for await (const chunk of chunks) {
      size += chunk.length;
      yield chunk;
    }
  }
  const name = path === "-" ? "standard output" : path;
  try {
    if (path === "-") await pipeline(counted(), process.stdout, { end: false });
    else if (await isDevice(path)) await pipeline(counted(), createWriteStream(path));
    else await writeComplete(path, counted());
  } catch (error) {
    if (error instanceof Song2vecError) throw error;
    throw createError("OUTPUT_UNWRITABLE", { path: name, reason: messageOf(error) }, { cause: error });
  }
  return { name, size };
}

/** Writes a temporary file and renames it once it is complete. */
async function writeComplete(path: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    await pipeline(chunks, createWriteStream(partial));
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
}

/** A pipe, a terminal or /dev/null, which must not be replaced by a file. */
async function isDevice(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && !found.isFile() && !found.isDirectory();
}
