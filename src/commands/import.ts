import { Command, Option } from "commander";
import { type Config, readConfig } from "../config.ts";
import { readCatalogue } from "../corpus/readers/catalogue.ts";
import { listInputFiles, readingError } from "../corpus/readers/files.ts";
import { createError } from "../errors.ts";
import { ByteReader } from "../model/interchange/byte-reader.ts";
import { importSafetensors } from "../model/interchange/import-safetensors.ts";
import { shouldBuildIndex } from "../model/format/index-setting.ts";
import { inspectModel } from "../model/format/inspect.ts";
import { type ImportFile, type ImportSummary, importWord2vec } from "../model/interchange/import-word2vec.ts";
import type { LeftOutReason } from "../model/interchange/imported-ids.ts";
import type { Manifest } from "../model/format/manifest.ts";
import type { Word2vecFormat } from "../model/interchange/read-word2vec.ts";
import { looksLikeSafetensors } from "../model/format/safetensors.ts";
import { indexVersion } from "../recommend/index/index-version.ts";
import { count, describeCatalogue, describeDropped, describeIndex } from "../training/pipeline/narrate.ts";
import { openDataFolder, openStore } from "../service/data-folder.ts";
import { addJson, addSettings, writeJson } from "./options.ts";
import { packageVersion } from "./package.ts";

const examples = `
Examples:
  song2vec import --vectors gensim.bin --data-dir ./data
  song2vec import --vectors gensim.txt.gz --outputs outputs.txt.gz --counts vocabulary.txt --catalogue songs.csv --ids plain
  song2vec import --vectors model.safetensors --json
`;

interface ImportOptions {
  readonly vectors: string;
  readonly format?: Word2vecFormat | "safetensors";
  readonly outputs?: string;
  readonly counts?: string;
  readonly ids: "escaped" | "plain";
  readonly json?: boolean;
}

const leftOutReasons: Readonly<Record<string, string>> = {
  token: "a token of the vocabulary, such as </s>",
  missing: "the id stands for a missing value, such as nan",
  lostDigits: "the id is in scientific notation and has lost digits",
  ambiguousNumber: "the id may be a number with a decimal mark or with thousands separators",
} satisfies Record<LeftOutReason, string>;

export function importCommand(): Command {
  const command = new Command("import")
    .description("import vectors of another program, or of an export, as the next model version")
    .requiredOption("--vectors <file>", "word2vec text or binary (.gz too), or a safetensors file of song2vec")
    .addOption(
      new Option("--format <name>", "format of the file; detected by default").choices([
        "word2vec-binary",
        "word2vec-text",
        "safetensors",
      ]),
    )
    .option(
      "--outputs <file>",
      "word2vec file of output vectors (gensim: syn1neg) of the same songs; without it there is no context strategy",
    )
    .option(
      "--counts <file>",
      "file with a line `id plays` for each song, as gensim writes with fvocab; without it songs must be sorted by plays",
    )
    .addOption(
      new Option(
        "--ids <kind>",
        "escaped: ids have the escapes of an export (two%20words); plain: ids are used as they are",
      )
        .choices(["escaped", "plain"])
        .default("escaped"),
    );
  return addJson(
    addSettings(command, ["catalogue", "songColumn", "songIds", "encoding", "dataDir", "index", "workers"]),
    examples,
  ).action(runImport);
}

async function runImport(options: ImportOptions & Record<string, unknown>): Promise<void> {
  const config = readConfig(options, process.env);
  const versions = await openDataFolder(config.dataDir);
  const staging = await versions.createStaging();
  let summary: ImportSummary;
  let index: Manifest["index"];
  try {
    summary = await importInto(staging, options, config);
    index = await indexImport(staging, config);
  } catch (error) {
    await versions.discard(staging);
    throw error;
  }
  const version = await versions.publish(staging);
  await using store = await openStore(config.dataDir);
  await store.updateState({ activeVersion: version });
  const { songs, vectorSize, outputVectors, format, leftOut } = summary;
  for (const [reason, vectors] of Object.entries(leftOut))
    process.stderr.write(`left out ${count(vectors)} vectors: ${leftOutReasons[reason]}\n`);
  process.stderr.write(
    `model version ${version}: ${count(songs)} songs of ${vectorSize} dimensions from ${format}` +
      (outputVectors ? "\n" : ", no output vectors: strategy context falls back to similarity\n"),
  );
  if (options.json) writeJson({ version, ...summary, index });
}

async function importInto(
  staging: string,
  { vectors, format, outputs, counts, ids }: ImportOptions,
  { catalogue, songColumn, songIds, encoding }: Config,
): Promise<ImportSummary> {
  if (format === "safetensors" || (format === undefined && (await isSafetensors(vectors)))) {
    if (outputs ?? counts ?? catalogue)
      throw createError("USAGE", {
        reason: "--outputs, --counts and --catalogue cannot be used with a safetensors file.",
        advice: "The file has all of a model already.",
      });
    return importSafetensors(staging, vectors);
  }
  const described =
    catalogue === undefined ? undefined : await readCatalogue({ source: catalogue, songColumn, songIds, encoding });
  const summary = await importWord2vec(staging, {
    vectors: await inputFile(vectors),
    ...(format && { format }),
    ...(outputs !== undefined && { outputs: await inputFile(outputs) }),
    ...(counts !== undefined && { counts: await inputFile(counts) }),
    ids,
    songIds,
    ...(described && { details: described.songs }),
    importedBy: `song2vec ${packageVersion} import`,
  });
  if (described)
    for (const line of [
      ...describeDropped(described.dropped),
      describeCatalogue({ described: summary.described ?? 0, columns: described.columns }, summary.songs),
    ])
      process.stderr.write(`${line}\n`);
  return summary;
}

async function indexImport(staging: string, { index: setting, workers }: Config): Promise<Manifest["index"]> {
  const manifest = await inspectModel(staging);
  if (!shouldBuildIndex(manifest, setting)) return null;
  process.stderr.write("building the HNSW index\n");
  const { index } = await indexVersion(staging, manifest, workers);
  if (index) process.stderr.write(`${describeIndex(index)}\n`);
  return index;
}

async function inputFile(path: string): Promise<ImportFile> {
  const [file, ...others] = await listInputFiles([path]);
  if (!file || others.length > 0) throw createError("USAGE", { reason: `${path} is not a single file.` });
  return {
    name: file.path,
    async *open() {
      try {
        yield* file.open();
      } catch (error) {
        throw readingError(file.path, error);
      }
    },
  };
}

async function isSafetensors(path: string): Promise<boolean> {
  if (path === "-") return false;
  const source = new ByteReader((await inputFile(path)).open());
  try {
    return looksLikeSafetensors(await source.peek(9));
  } finally {
    await source.close();
  }
}
