import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import iconv from "iconv-lite";
import { beforeAll, expect, it } from "vitest";
import { callCommand } from "../helpers/command.ts";
import { useFolder } from "../helpers/folder.ts";

/** Rows as pandas writes them, with its index column: 80 playlists with Korean names, of two tastes, and missing songs. */
const rows = Array.from({ length: 960 }, (_, i) => {
  const [list, at] = [Math.floor(i / 12), i % 12];
  return [
    String(i),
    `노래방 ${list}`,
    i % 97 === 0 ? "?" : `${(list % 2 === 0 ? 101 : 201) + ((at * (1 + (list % 5))) % 12)}.0`,
  ];
});
const header = ["", "Category", "master_number"];
const csv = (delimiter: string) => [header, ...rows].map((row) => `${row.join(delimiter)}\r\n`).join("");
const jsonLines = Object.entries(Object.groupBy(rows, ([, list]) => list ?? ""))
  .map(([playlistId, plays]) => JSON.stringify({ playlistId, songs: plays?.map(([, , song]) => song) }))
  .join("\n");

const at = useFolder();
let expected: string;

async function train(content: string | Buffer, name: string, options: readonly string[]): Promise<string> {
  await writeFile(at(name), content);
  const dataDir = at(`${name}-data`);
  const hyperparameters = "--workers 1 --seed 7 --epochs 2 --vector-size 16 --hold-out 0".split(" ");
  const { code, errors } = await callCommand([
    "train",
    "--playlists",
    at(name),
    "--data-dir",
    dataDir,
    ...hyperparameters,
    ...options,
  ]);
  expect([code, errors.match(/kept \d+ playlists/)?.[0]]).toEqual([0, "kept 80 playlists"]);
  const manifest = JSON.parse(await readFile(join(dataDir, "models/1/model.json"), "utf8"));
  return manifest.files["vectors.safetensors"].sha256;
}

beforeAll(async () => {
  expected = await train(csv(","), "utf8.csv", []);
});

it.each([
  ["as UTF-16", Buffer.from(`\uFEFF${csv(",")}`, "utf16le"), []],
  ["as CP949", iconv.encode(csv(","), "cp949"), ["--encoding", "euc-kr"]],
  ["as TSV", csv("\t"), []],
  ["as gzip", gzipSync(csv(";")), []],
  ["without a header", csv(",").replace(/.*\r\n/, ""), ["--no-header", "--playlist-column", "2", "--song-column", "3"]],
  ["as JSON lines", jsonLines, []],
])("the article's file %s gives equal vectors", async (name, content, options) => {
  expect(await train(content, `${name.replaceAll(" ", "-")}.csv`, options)).toBe(expected);
});
