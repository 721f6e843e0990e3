import { execFileSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { type CorpusOptions, readCorpus } from "../../../src/corpus/corpus.ts";
import { createRandom, integerBelow } from "../../../src/word2vec/random.ts";
import { describeMachine } from "../machine.ts";
import { cell, printTable } from "../table.ts";

/** Duration and peak memory of reading the same plays in each format: `npm run bench:reading -- [rows]`. */
const [rows = "1000000", only = "", folder = ""] = process.argv.slice(2);
const songsPerList = 10;
const log = { userColumn: "user", timeColumn: "time", songColumn: "song", timeZone: "Asia/Seoul" };
const formats: Record<string, Omit<CorpusOptions, "sources">> = { csv: {}, jsonl: {}, log };

/** Sessions of 20,000 users with 60,000 songs, one after the other. */
function* lines(format: string): Generator<string> {
  const random = createRandom(1, 2, 3);
  if (format !== "jsonl") yield format === "csv" ? "Category,master_number\n" : "user,time,song\n";
  for (let list = 0; list < Number(rows) / songsPerList; list++) {
    const [user, start, base] = [20_000, 30_000_000, 60_000].map((limit) => integerBelow(limit, random)) as [
      number,
      number,
      number,
    ];
    const songs = Array.from({ length: songsPerList }, () => (base + integerBelow(200, random)) % 60_000);
    if (format === "jsonl") yield `${JSON.stringify({ playlistId: String(list), songs })}\n`;
    else if (format === "csv") yield songs.map((song) => `${list},${song}\n`).join("");
    else {
      const at = (i: number) => new Date(1.6e12 + 1000 * (start + 200 * i)).toISOString().slice(0, 19);
      yield songs.map((song, i) => `user${user},${at(i)},${song}\n`).join("");
    }
  }
}

if (only === "") {
  console.log(describeMachine());
  const files = await mkdtemp(join(tmpdir(), "song2vec-reading-"));
  const table = [];
  for (const format of Object.keys(formats)) {
    await pipeline(Readable.from(lines(format)), createWriteStream(join(files, format)));
    const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), rows, format, files], {
      encoding: "utf8",
    });
    table.push({ format, ...JSON.parse(output) });
  }
  await rm(files, { recursive: true });
  printTable(table);
} else {
  const before = process.resourceUsage().maxRSS;
  const { report } = await readCorpus({
    sources: [join(folder, only)],
    minCount: 1,
    minPlaylistLength: 1,
    ...formats[only],
  });
  const grown = 1024 * (process.resourceUsage().maxRSS - before);
  const figures = {
    rows: cell(report.rows),
    playlists: cell(report.playlists.kept),
    seconds: cell(report.seconds, 1),
    "peak MB": cell(process.resourceUsage().maxRSS / 1024),
    "bytes per play": cell(grown / report.rows),
  };
  process.stdout.write(JSON.stringify(figures));
}
