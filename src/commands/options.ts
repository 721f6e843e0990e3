import { type Command, InvalidArgumentError, Option } from 'commander';
import { type SettingName, settings } from '../config.ts';
import { hyperparametersSchema, type Overrides, overridesSchema } from '../word2vec/hyperparameters.ts';

/** Adds settings as options; the environment stands in the help, and is read with the configuration. */
export function addSettings(command: Command, names: readonly SettingName[]): Command {
  for (const name of names) {
    const { flag, env, fallback, description } = settings[name];
    const shown = Array.isArray(fallback) || fallback === undefined ? '' : `, default ${String(fallback)}`;
    command.addOption(new Option(flag, `${description} (${env}${shown})`));
  }
  return command;
}

const names = Object.keys(hyperparametersSchema.shape).filter((name): name is keyof Overrides => name !== 'workers');

/** Adds every hyperparameter as an option in kebab-case. */
export function addHyperparameters(command: Command): Command {
  for (const name of names) {
    const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} <value>`;
    command.addOption(new Option(flag, hyperparametersSchema.shape[name].description).argParser((text) => parseValue(name, text)));
  }
  return command;
}

/** The hyperparameters among a command's options. */
export function overridesOf(options: Readonly<Record<string, unknown>>): Overrides {
  return overridesSchema.parse(Object.fromEntries(names.map((name) => [name, options[name]]).filter(([, value]) => value !== undefined)));
}

function parseValue(name: keyof Overrides, text: string): unknown {
  const value = text === 'true' ? true : text === 'false' ? false : text.trim() === '' ? Number.NaN : Number(text);
  const result = hyperparametersSchema.shape[name].safeParse(value);
  if (!result.success) throw new InvalidArgumentError(result.error.issues.map(({ message }) => message).join('; '));
  return result.data;
}
