import { type Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { type Config, type SettingName, settings } from "../config.ts";
import { createError } from "../errors.ts";
import { parseVersion, type Versions } from "../model/format/versions.ts";
import { hyperparametersSchema, type Overrides, overridesSchema } from "../word2vec/hyperparameters.ts";

/** Adds settings as options, all by default. The help shows their environment variables. */
export function addSettings(command: Command, names?: readonly SettingName[]): Command {
  for (const { name, flag, value, env, fallback, description } of settings) {
    if (value === null || names?.includes(name) === false) continue;
    const shown = Array.isArray(fallback) || fallback === undefined ? "" : `, default ${String(fallback)}`;
    command.addOption(new Option(`${flag} ${value}`, `${description} (${env}${shown})`));
    if (typeof fallback === "boolean") command.addOption(new Option(flag.replace("--", "--no-")).hideHelp());
  }
  return command;
}

const names = Object.keys(hyperparametersSchema.shape).filter((name): name is keyof Overrides => name !== "workers");

/** Adds --json, and examples to the help. */
export function addJson(command: Command, examples: string): Command {
  return command
    .option("--json", "print the result as one JSON object on standard output")
    .addHelpText("after", examples);
}

/** Prints the result of a command with --json. */
export function writeJson(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** Adds every hyperparameter as an option in kebab-case; a boolean one also as `--name` and `--no-name`. */
export function addHyperparameters(command: Command): Command {
  for (const name of names) {
    const schema = hyperparametersSchema.shape[name];
    const flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const isBoolean = schema instanceof z.ZodBoolean;
    const description = isBoolean ? `${schema.description} (--no-${flag}: false)` : schema.description;
    command.addOption(
      new Option(`--${flag} ${isBoolean ? "[true|false]" : "<value>"}`, description).argParser((text) =>
        checkValue(name, text),
      ),
    );
    if (isBoolean) command.addOption(new Option(`--no-${flag}`).hideHelp());
  }
  return command;
}

/** The hyperparameters among a command's options. */
export function overridesOf(options: Readonly<Record<string, unknown>>): Overrides {
  const given = names.filter((name) => options[name] !== undefined);
  return overridesSchema.parse(Object.fromEntries(given.map((name) => [name, valueOf(name, options[name])])));
}

/** Returns the text, since commander takes null for an option without a value. */
function checkValue(name: keyof Overrides, text: string): string {
  const { success, error } = hyperparametersSchema.shape[name].safeParse(valueOf(name, text));
  if (!success)
    throw new InvalidArgumentError(
      error.issues
        .map(({ message }) => message.replace(/^Invalid input: e/, "E").replace(/, received .*$/, ""))
        .join("; "),
    );
  return text;
}

/** Parses an option that is a whole number from 1, with at most nine digits. */
export function wholeNumber(text: string): number {
  const number = parseVersion(text);
  if (number === undefined) throw new InvalidArgumentError("It must be a whole number from 1.");
  return number;
}

/** Parses an option or argument that names a model version. */
export function readVersion(text: string): number | "latest" {
  const version = text === "latest" ? text : parseVersion(text);
  if (version === undefined) throw new InvalidArgumentError("It must be the number of a model version, or latest.");
  return version;
}

/** @throws NO_MODEL for the latest version of an empty data directory */
export async function findVersion(
  versions: Versions,
  version: number | "latest",
  { dataDir }: Pick<Config, "dataDir">,
): Promise<number> {
  if (version !== "latest") return version;
  const latest = (await versions.list()).findLast((each) => !("problem" in each));
  if (!latest) throw createError("NO_MODEL", { dataDir });
  return latest.version;
}

const words = new Map([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/** The text itself, a boolean, null or a number, whichever the hyperparameter takes. */
function valueOf(name: keyof Overrides, option: unknown): unknown {
  if (typeof option !== "string" || hyperparametersSchema.shape[name].safeParse(option).success) return option;
  if (words.has(option)) return words.get(option);
  return option.trim() === "" ? Number.NaN : Number(option);
}
