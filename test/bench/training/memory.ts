/**
 * Memory of the trainer process: the estimate before the allocation, and the measured peak.
 *
 *     npm run bench:memory -- [--songs 50000,200000,500000] [--plays 8] [--dims 256] [--workers 1]
 *                             [--index hnsw] [--overrides '{"hs": true, …}']
 *
 * Generated playlists with `plays` plays per song; one epoch. MB are 2^20 bytes. The first row, of a hundred songs, is
 * the memory of the process itself. "overhead" is the memory beyond that, the two matrices and the corpus (4 bytes per
 * play and per playlist, 40 per song), relative to matrices and corpus.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { Song2vecError } from "../../../src/errors.ts";
import { indexSettings } from "../../../src/model/format/index-setting.ts";
import { openVersions } from "../../../src/model/format/versions.ts";
import type { TrainingSummary } from "../../../src/training/pipeline/events.ts";
import { superviseTraining } from "../../../src/training/process/supervisor.ts";
import { overridesSchema, resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { readNumbers } from "./configurations.ts";
import { describeMachine } from "../machine.ts";
import { writeMemoryCorpus } from "./memory-corpus.ts";
import { cell, printTable, type Row } from "../table.ts";

const { values } = parseArgs({
  options: {
    songs: { type: "string", default: "50000,200000,500000" },
    plays: { type: "string", default: "8" },
    dims: { type: "string", default: "256" },
    workers: { type: "string", default: "1" },
    index: { type: "string", default: "auto" },
    overrides: { type: "string", default: "{}" },
  },
});
const index = z.enum(indexSettings).parse(values.index);
const overrides = overridesSchema.parse(JSON.parse(values.overrides));
const machine = describeMachine();
const megabyte = 2 ** 20;

const base = await measure(100, 16);
if (typeof base === "string") throw new Error(base);
const rows = [toRow(base, 16, base.peakMemoryMB)];
for (const dims of readNumbers(values.dims)) {
  for (const songs of readNumbers(values.songs)) {
    const summary = await measure(songs, dims);
    if (typeof summary === "string") console.log(summary);
    else rows.push(toRow(summary, dims, base.peakMemoryMB));
  }
}
console.log(`\n${machine}; ${values.workers} workers\n`);
printTable(rows);

/** Trains. @returns the summary, or the message of TRAINING_TOO_LARGE */
async function measure(songs: number, dims: number): Promise<TrainingSummary | string> {
  const folder = mkdtempSync(join(tmpdir(), "song2vec-bench-"));
  try {
    const file = join(folder, "playlists.csv");
    writeMemoryCorpus(file, { songs, plays: Number(values.plays) * songs });
    const source = {
      playlists: [file],
      playlistColumn: "Category",
      songColumn: "master_number",
      songIds: "numbers" as const,
    };
    const hyperparameters = resolveHyperparameters("article", {
      epochs: 1,
      ...overrides,
      vectorSize: dims,
      workers: Number(values.workers),
    });
    const versions = await openVersions(join(folder, "models"));
    const { summary } = await superviseTraining({
      task: { source, hyperparameters, trainedBy: "a bench", sample: false, index },
      versions,
    });
    console.error(
      `${songs} songs, ${dims} dimensions: ${summary.predictedMemoryMB} MB predicted, ` +
        `${summary.peakMemoryMB} MB used, ${summary.seconds.toFixed(0)} s`,
    );
    return summary;
  } catch (error) {
    if (error instanceof Song2vecError && error.code === "TRAINING_TOO_LARGE") return error.message;
    throw error;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function toRow(
  { songs, plays, playlists, predictedMemoryMB, peakMemoryMB }: TrainingSummary,
  dims: number,
  processMB: number,
): Row {
  const matrices = (2 * songs * Math.ceil(dims / 16) * 64) / megabyte;
  const corpus = (4 * plays + 4 * playlists + 40 * songs) / megabyte;
  const own = peakMemoryMB - processMB;
  return {
    songs: cell(songs),
    plays: cell(plays),
    dims: cell(dims),
    "matrices MB": cell(matrices),
    "corpus MB": cell(corpus),
    "predicted MB": cell(predictedMemoryMB),
    "used MB": cell(peakMemoryMB),
    "predicted ÷ used": cell(predictedMemoryMB / peakMemoryMB, 3),
    overhead: own === 0 ? "" : `${cell(100 * (own / (matrices + corpus) - 1), 1)} %`,
  };
}
