import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { report, timeLimit } from "../helpers/fault-form.ts";

const src = fileURLToPath(new URL("../../src", import.meta.url));
const length = 50_000;

/** Texts that cause backtracking in expressions with nested or overlapping repetitions. */
const adversaries = [
  "a",
  "0",
  " ",
  '"',
  '""',
  ",",
  "/",
  ".",
  "-",
  "\n",
  "\r",
  "\\",
  "=",
  "a,",
  "0.",
  "%2",
  "0-",
  'x"',
  "\t ",
  "aA1",
].flatMap((unit) => {
  const text = unit.repeat(Math.ceil(length / unit.length));
  return [text, `${text}!`, `!${text}`, `${text}\n`];
});

const literals = globSync(`${src}/**/*.ts`)
  .filter((file) => !file.includes("assembly"))
  .flatMap((file) => {
    const text = readFileSync(file, "utf8").replaceAll(/^\s*(\/?\*|\/\/).*$/gm, "");
    return [
      ...text.matchAll(/(?<=[(,=:[!&|?]\s*)\/((?![*/\s])(?:[^\\/[\n]|\\.|\[(?:[^\\\]\n]|\\.)*\])+)\/([dgimsuvy]*)/g),
    ].map(([, source = "", flags = ""]) => ({
      name: `${file.slice(src.length + 1)} /${source}/${flags}`,
      source,
      flags,
    }));
  });

function millisecondsOf(expression: RegExp, text: string): number {
  expression.lastIndex = 0;
  const used = process.cpuUsage();
  expression.test(text);
  const { user, system } = process.cpuUsage(used);
  return (user + system) / 1000;
}

describe("row 29: regular expressions", () => {
  it("are found in the source", () => {
    expect(literals.length).toBeGreaterThan(10);
  });

  it.each(literals)("$name matches 50 KB of adversarial text without backtracking", ({ name, source, flags }) => {
    const expression = new RegExp(source, flags.replaceAll("y", ""));
    let slowest = 0;
    for (const text of adversaries) {
      // The minimum excludes garbage collections.
      slowest = Math.max(slowest, Math.min(...[1, 2, 3].map(() => millisecondsOf(expression, text))));
    }
    report(29, { [name]: slowest });
    expect(slowest).toBeLessThan(timeLimit(5));
  });
});
