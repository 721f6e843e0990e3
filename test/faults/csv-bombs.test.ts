import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { truncate } from "node:fs/promises";
import { join } from "node:path";
import { createGzip, type Gzip } from "node:zlib";
import { describe, expect, it } from "vitest";
import { isFull, report } from "../helpers/fault-form.ts";
import { startProgram } from "../helpers/process.ts";
import { temporaryFolder } from "../model/small-models.ts";

const megabytes = isFull ? 100 : 20;
const header = "Category,master_number\n";
const good = Array.from({ length: 200 }, (_, i) => `${i % 20},${i % 10}\n`).join("");

const bombs = [
  ["one line without an end", "csv", (write: Write) => fill(write, `${header}1,`, "x"), /line 2: the row exceeds/],
  ["a quote without an end", "csv", (write: Write) => fill(write, `${header}${good}1,"`, "x\n"), /line 202/],
  ["a million columns", "csv", (write: Write) => write(`${header}${good}1${",2".repeat(1_000_000)}\n`), /line 202/],
  ["a header of a million columns", "csv", (write: Write) => write(`a${",a".repeat(1_000_000)}\n1,2\n`), /line 1/],
  ["NUL bytes", "csv", (write: Write) => fill(write, header, "\0"), /line 2/],
  [
    "bad UTF-8",
    "csv",
    (write: Write) =>
      write(Buffer.concat([Buffer.from(`${header}${good}`), Buffer.from([0x31, 0x2c, 0xc3, 0x28, 0x0a])])),
    /UTF-8: line 202, /,
  ],
  [
    "broken UTF-16",
    "csv",
    (write: Write) => write(Buffer.from(`\ufeff${header}${good}1,\ud800\n`, "utf16le")),
    /utf-16le: line 1, /,
  ],
  ["gzip of zeros", "csv.gz", (write: Write) => fill(write, "", "\0"), /line 1/],
  ["truncated gzip", "csv.gz", (write: Write) => write(`${header}${good.repeat(500)}`), /gz: /],
] as const;

type Write = (data: string | Buffer) => Promise<void>;

async function fill(write: Write, start: string, unit: string): Promise<void> {
  await write(start);
  const block = unit.repeat(2 ** 20 / unit.length);
  for (let i = 0; i < megabytes; i++) await write(block);
}

async function makeFile(path: string, fillFile: (write: Write) => Promise<void>): Promise<void> {
  const file = createWriteStream(path);
  const zipped: Gzip | undefined = path.endsWith(".gz") ? createGzip() : undefined;
  zipped?.pipe(file);
  const target = zipped ?? file;
  await fillFile(async (data) => {
    if (!target.write(data)) await once(target, "drain");
  });
  target.end();
  await once(file, "close");
}

/** Reads playlists in a separate process. */
const reader = `
  const { readCorpus } = await import(process.argv[1]);
  const options = { playlistColumn: 'Category', songColumn: 'master_number', songIds: 'numbers',
    minCount: 1, maxVocabulary: null, minPlaylistLength: 1, standardInput: process.stdin };
  const peak = () => process.resourceUsage().maxRSS / 1024;
  const before = peak();
  const error = await readCorpus({ ...options, sources: [process.argv[2]] })
    .then(() => ({ message: 'read it' }), (error) => error);
  console.log(JSON.stringify({ message: error.message, code: error.code, more: peak() - before }));
`;

describe("row 20: CSV bombs", () => {
  it.each(bombs)(
    "%s is rejected with file and line, and takes little memory",
    async (what, extension, fillFile, message) => {
      const file = join(await temporaryFolder(), `bomb.${extension}`);
      await makeFile(file, fillFile);
      if (what === "truncated gzip") await truncate(file, 200);
      const corpus = new URL("../../dist/corpus/corpus.js", import.meta.url).href;
      const { ended, output, errors } = startProgram(["--input-type=module", "--eval", reader, corpus, file]);
      expect(await ended, errors()).toBe(0);
      const { message: text, code, more } = JSON.parse(output());
      report(20, { [what]: code, "MiB more": more, message: text.slice(0, 200) });
      expect(text).toContain("bomb.csv");
      expect(text).toMatch(message);
      expect(text.length).toBeLessThan(1000);
      expect(more).toBeLessThan(64);
    },
  );
});
