import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readCorpus } from "../../../src/corpus/corpus.ts";
import type { Plays } from "../../../src/word2vec/kernel/layout.ts";
import { writeGeneratedCorpus } from "../training/generated-corpus.ts";

/** Real playlists, which are not part of the project. Benchmarks skip missing data sets. */
const folder = fileURLToPath(new URL("../../../../shared/data/", import.meta.url));

export interface DataSet {
  readonly name: string;
  readonly plays: Plays;
  /** The id of each row. */
  readonly songIds: readonly string[];
  readonly trainFile: string;
  readonly testFile: string;
}

/**
 * Reads a data set's training part with the article's minPlaylistLength and minCount.
 *
 * @param temporary folder for a generated corpus
 * @returns undefined, with a message, if there is no such file
 */
export async function readDataSet(name: string, temporary: string): Promise<DataSet | undefined> {
  if (name === "generated") writeGeneratedCorpus(temporary);
  const [trainFile, testFile] = ["train", "test"].map((part) =>
    join(name === "generated" ? temporary : folder, `${name}.${part}.csv.gz`),
  );
  if (!trainFile || !testFile || !existsSync(trainFile)) {
    console.error(`${name}: skipped: ${trainFile} not found`);
    return undefined;
  }
  const { tokens, offsets, vocabulary } = await readCorpus({ sources: [trainFile] });
  console.error(`${name}: ${tokens.length} plays of ${vocabulary.ids.length} songs in ${offsets.length - 1} playlists`);
  return { name, plays: { tokens, offsets, counts: vocabulary.counts }, songIds: vocabulary.ids, trainFile, testFile };
}
