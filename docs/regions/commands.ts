import type { Argument, Command, Option } from "commander";
import { settings } from "../../src/config.ts";
import { createProgram } from "../../src/commands/main.ts";
import { hyperparametersSchema } from "../../src/word2vec/hyperparameters.ts";
import { code, markdownTable, plain, sentence } from "./table.ts";

const hyperparameters: readonly string[] = hyperparametersSchema.keyof().options.filter((name) => name !== "workers");

export function commandsTable(): string {
  return markdownTable(
    ["Command", "Description"],
    createProgram().commands.map((command) => [
      `[${code(usageOf(command))}](#${command.name()})`,
      plain(sentence(command.description())),
    ]),
  );
}

/** A section per command: its arguments, its own options, and which settings it takes. */
export function commandSections(): string {
  return createProgram()
    .commands.map((command) => {
      const visible = command.options.filter(({ hidden }) => !hidden);
      const own = visible.filter((option) => !isSetting(option) && !isHyperparameter(option));
      const set = visible.filter(isSetting);
      const parts = [
        `## ${command.name()}`,
        plain(sentence(command.description())),
        `\`\`\`text\nsong2vec ${usageOf(command)}${visible.length > 0 ? " [options]" : ""}\n\`\`\``,
        own.length + command.registeredArguments.length === 0 ? "" : optionsTable(command, own),
        set.length === 0 ? "" : settingsLine(set),
        visible.some(isHyperparameter)
          ? "[Hyperparameters](hyperparameters.md) are options in kebab-case: `vectorSize` is `--vector-size`."
          : "",
      ];
      return parts.filter((part) => part !== "").join("\n\n");
    })
    .join("\n\n");
}

function usageOf(command: Command): string {
  return [command.name(), ...command.registeredArguments.map(usageOfArgument)].join(" ");
}

function usageOfArgument(argument: Argument): string {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function optionsTable(command: Command, options: readonly Option[]): string {
  const rows = [
    ...command.registeredArguments.map((argument) => [
      code(usageOfArgument(argument)),
      argument.required ? "required" : defaultText(argument.defaultValue),
      plain(sentence(argument.description)),
    ]),
    ...options.map((option) => [
      code(option.flags),
      option.mandatory ? "required" : defaultText(option.defaultValue),
      plain(sentence(option.description)) +
        (option.argChoices ? ` One of ${option.argChoices.map(code).join(", ")}.` : ""),
    ]),
  ];
  return markdownTable(["Argument or option", "Default", "Description"], rows);
}

function settingsLine(options: readonly Option[]): string {
  const withOption = settings.filter(({ value }) => value !== null);
  if (options.length === withOption.length) return "All [settings](settings.md) are options.";
  return `[Settings](settings.md): ${options.map(({ long }) => code(long ?? "")).join(", ")}.`;
}

function isSetting(option: Option): boolean {
  return settings.some(({ flag }) => flag === option.long);
}

function isHyperparameter(option: Option): boolean {
  return !isSetting(option) && hyperparameters.includes(option.attributeName());
}

function defaultText(value: unknown): string {
  return value === undefined ? "none" : code(String(value));
}
