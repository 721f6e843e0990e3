import { Command } from "commander";
import { writeSample } from "../corpus/sample/sample.ts";
import { wholeNumber } from "./options.ts";

export function sampleCommand(): Command {
  return new Command("sample")
    .description("write invented playlists and a catalogue, the same for the same seed")
    .requiredOption("--output <folder>", "folder for playlists.csv and songs.csv")
    .option("--songs <number>", "songs", wholeNumber, 5000)
    .option("--playlists <number>", "playlists", wholeNumber, 20_000)
    .option("--seed <number>", "seed", wholeNumber, 1)
    .option("--json", "end with one JSON object on standard output")
    .addHelpText("after", "\nExample:\n  song2vec sample --output ./sample --songs 500 --playlists 2000\n")
    .action(
      async ({
        output,
        songs,
        playlists,
        seed,
        json,
      }: {
        output: string;
        songs: number;
        playlists: number;
        seed: number;
        json?: boolean;
      }) => {
        const files = await writeSample(output, { songs, playlists, seed });
        process.stderr.write(`wrote ${files.playlists} and ${files.catalogue}\n`);
        if (json) process.stdout.write(`${JSON.stringify(files)}\n`);
      },
    );
}
