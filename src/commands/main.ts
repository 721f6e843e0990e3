import { Command, CommanderError } from "commander";
import { Song2vecError } from "../errors.ts";
import { compareCommand } from "./compare.ts";
import { evaluateCommand } from "./evaluate.ts";
import { exportCommand } from "./export.ts";
import { importCommand } from "./import.ts";
import { openApiCommand } from "./openapi.ts";
import { packageVersion } from "./package.ts";
import { sampleCommand } from "./sample.ts";
import { serveCommand } from "./serve.ts";
import { trainCommand } from "./train.ts";
import { tuneCommand } from "./tune.ts";

const examples = `
Examples:
  song2vec serve                                   serve the synthetic sample on 127.0.0.1:3000
  song2vec serve --playlists total_final.csv       train on your playlists and serve
  song2vec train --playlists total_final.csv --preset article --json
`;

/** Creates the command line: every command with its options. */
export function createProgram(): Command {
  const program = new Command("song2vec")
    .description("train song vectors on playlists and recommend songs over HTTP")
    .version(packageVersion)
    .addHelpText("after", examples);
  for (const command of [
    serveCommand(),
    trainCommand(),
    tuneCommand(),
    exportCommand(),
    importCommand(),
    compareCommand(),
    evaluateCommand(),
    sampleCommand(),
    openApiCommand(),
  ])
    program.addCommand(command);
  for (const command of [program, ...program.commands])
    command
      .exitOverride()
      .showHelpAfterError(`Run \`${command === program ? "" : "song2vec "}${command.name()} --help\` for usage.`)
      .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "song2vec: ")) });
  return program;
}

/** Runs a command line. The exit code is 0, 1 if the command failed, or 2 if its arguments are invalid. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof Song2vecError) {
    const { message, advice } = error;
    const problem = advice === undefined ? message : message.slice(0, -advice.length).trimEnd();
    process.stderr.write(`song2vec: ${[problem, ...(advice === undefined ? [] : [advice])].join("\n")}\n`);
    return error.code === "USAGE" ? 2 : 1;
  }
  process.stderr.write(`song2vec: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}
