import { readFileSync, writeFileSync } from "node:fs";
import type { Plays } from "../../../src/word2vec/kernel/layout.ts";

/** Writes gensim's `corpus_file` format: one playlist per line, rows separated by spaces. Skips empty playlists. */
export function writePlays(path: string, { tokens, offsets }: Plays): void {
  const lines: string[] = [];
  for (let playlist = 0; playlist + 1 < offsets.length; playlist++) {
    const songs = tokens.subarray(offsets[playlist], offsets[playlist + 1]);
    if (songs.length > 0) lines.push(`${songs.join(" ")}\n`);
  }
  writeFileSync(path, lines.join(""));
}

export function readPlays(path: string): Plays {
  const playlists = readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" ").map(Number));
  const tokens = Uint32Array.from(playlists.flat());
  const offsets = new Uint32Array(playlists.length + 1);
  for (const [at, songs] of playlists.entries()) offsets[at + 1] = (offsets[at] ?? 0) + songs.length;
  const counts = new Uint32Array(tokens.reduce((most, row) => Math.max(most, row), -1) + 1);
  for (const row of tokens) counts[row] = (counts[row] ?? 0) + 1;
  return { tokens, offsets, counts };
}
