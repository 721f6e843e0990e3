import { Command } from "commander";
import { type SampleOptions, writeSample } from "../corpus/sample/sample.ts";
import { addJson, wholeNumber, writeJson } from "./options.ts";

const example = "\nExample:\n  song2vec sample --output ./sample --songs 500 --playlists 2000\n";

export function sampleCommand(): Command {
  const command = new Command("sample")
    .description("write synthetic playlists and a catalogue")
    .requiredOption("--output <folder>", "folder for playlists.csv and songs.csv")
    .option("--songs <number>", "number of songs", wholeNumber, 5000)
    .option("--playlists <number>", "number of playlists", wholeNumber, 20_000)
    .option("--seed <number>", "seed; the same seed writes the same files", wholeNumber, 1);
  return addJson(command, example).action(
    async ({ output, json, ...size }: SampleOptions & { readonly output: string; readonly json?: boolean }) => {
      const files = await writeSample(output, size);
      process.stderr.write(`wrote ${files.playlists} and ${files.catalogue}\n`);
      if (json) writeJson(files);
    },
  );
}
