import { describe, expect, it } from "vitest";
import { en, type Text } from "../../src/console/texts/en.ts";
import { ko } from "../../src/console/texts/ko.ts";
import { errorCodes } from "../../src/errors.ts";

/** Names and symbols, which are the same in both languages. */
const sameInBoth = new Set(["try.first", "try.second"]);

const languages: Readonly<Record<string, Readonly<Record<string, Text>>>> = { en, ko };
const formsOf = (text: Text | undefined) => (typeof text === "object" ? [text.one, text.other] : [text ?? ""]);
const placeholders = (text: Text | undefined) =>
  [...new Set(formsOf(text).flatMap((form) => form.match(/\{\w+\}/g) ?? []))].toSorted();

describe.each(Object.keys(languages))("the texts in %s", (language) => {
  it("have one for each error code", () => {
    const missing = errorCodes.filter((code) => !Object.hasOwn(languages[language] ?? {}, `error.${code}`));
    expect(missing).toEqual([]);
  });
  it("are not empty", () => {
    const empty = Object.entries(languages[language] ?? {}).filter(([, text]) => formsOf(text).includes(""));
    expect(empty).toEqual([]);
  });
});

it("both languages have the same keys, and no code that does not exist", () => {
  expect(Object.keys(ko).toSorted()).toEqual(Object.keys(en).toSorted());
  const known = new Set<string>([...errorCodes, "unknown", "UNREACHABLE"]);
  const codes = Object.keys(en).flatMap((key) => (key.startsWith("error.") ? [key.slice("error.".length)] : []));
  expect(codes.filter((code) => !known.has(code))).toEqual([]);
});

it("all texts have the same values in both languages, and are translated", () => {
  const keys = Object.keys(en) as (keyof typeof en)[];
  const differs = (key: keyof typeof en) => String(placeholders(en[key])) !== String(placeholders(ko[key]));
  expect(keys.filter(differs)).toEqual([]);
  const isCopy = (key: keyof typeof en) => String(formsOf(en[key])) === String(formsOf(ko[key]));
  expect(keys.filter((key) => isCopy(key) && !sameInBoth.has(key))).toEqual([]);
});
