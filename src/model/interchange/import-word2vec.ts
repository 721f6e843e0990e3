import { join } from "node:path";
import { type IdOptions, ImportedIds, type LeftOut, describeSameSong, parseImportedId } from "./imported-ids.ts";
import { ByteReader } from "./byte-reader.ts";
import { fitsMemory } from "../memory/layout.ts";
import { writeModel } from "../format/write-model.ts";
import {
  detectFormat,
  readHeader,
  readVectorRows,
  skipByteOrderMark,
  vectorsUnreadable,
  type Word2vecFormat,
} from "./read-word2vec.ts";
import type { Song } from "../format/songs.ts";
import { createTemporaryVectors, type TemporaryVectors } from "./temporary-vectors.ts";

const newline = 0x0a;
const maxLineBytes = 1 << 17;
const maxPlays = 0xffffffff;

/** A file, with its name in errors and its decompressed bytes. */
export interface ImportFile {
  readonly name: string;
  open(): AsyncIterable<Buffer>;
}

export interface Word2vecImport extends IdOptions {
  readonly vectors: ImportFile;
  /** Detected by default */
  readonly format?: Word2vecFormat;
  /** Output vectors of the same songs. */
  readonly outputs?: ImportFile;
  /**
   * A line `id plays` for each song. Without it all counts are 0, and the order of `vectors` is the order of the songs.
   */
  readonly counts?: ImportFile;
  readonly details?: ReadonlyMap<string, Pick<Song, "title" | "artist" | "columns">>;
  readonly importedBy: string;
}

export interface ImportSummary {
  readonly songs: number;
  readonly plays: number;
  readonly vectorSize: number;
  readonly outputVectors: boolean;
  readonly format: string;
  /** Songs that are missing in `counts`; null without that file */
  readonly songsWithoutCount: number | null;
  /** Vectors of `vectors` whose ids are no ids of songs */
  readonly leftOut: LeftOut;
  /** Songs that the catalogue describes */
  readonly described?: number;
}

interface ReadVectors extends AsyncDisposable {
  readonly vectors: TemporaryVectors;
  readonly format: Word2vecFormat;
  readonly vectorSize: number;
  /** Rows by id, in ascending order */
  readonly rows: ReadonlyMap<string, number>;
  readonly leftOut: LeftOut;
}

/**
 * Imports a model from word2vec files. Vectors are streamed through a temporary file; ids are held in memory.
 *
 * @param folder to write the model to
 * @throws VECTORS_UNREADABLE with the file and the line or row
 */
export async function importWord2vec(
  folder: string,
  { vectors, format, outputs, counts, ids, details, songIds, importedBy }: Word2vecImport,
): Promise<ImportSummary> {
  const options = { format, ids, songIds, outputVectors: outputs !== undefined };
  await using input = await readVectors(vectors, join(folder, "input-rows"), options);
  await using output =
    outputs && (await readVectors(outputs, join(folder, "output-rows"), { ...options, format: undefined }));
  const { rows, vectorSize } = input;
  if (output && output.vectorSize !== vectorSize)
    throw vectorsUnreadable(
      outputs.name,
      "line 1",
      `${output.vectorSize} dimensions instead of ${vectorSize} as in ${vectors.name}`,
    );

  const plays = counts && (await readCounts(counts, rows, options));
  const importedIds = [...rows.keys()];
  const fileOrder = Uint32Array.from(importedIds, (_, row) => row);
  const order = plays ? fileOrder.sort((a, b) => (plays[b] ?? 0) - (plays[a] ?? 0) || a - b) : fileOrder;
  const playsOf = (row: number) => Math.max(0, plays?.[row] ?? 0);
  const totalPlays = importedIds.reduce((sum, _, row) => sum + playsOf(row), 0);
  const outputOrder =
    output &&
    order.map((row) => output.rows.get(importedIds[row] ?? "") ?? missingVector(outputs.name, importedIds[row] ?? ""));

  await writeModel(folder, {
    manifest: {
      createdAt: new Date().toISOString(),
      trainedBy: importedBy,
      songIds,
      kernel: "imported",
      hyperparameters: { vectorSize },
      data: {
        imported: {
          format: input.format,
          vectors: vectors.name,
          outputs: outputs?.name ?? null,
          counts: counts?.name ?? null,
        },
      },
      plays: totalPlays,
      lossByEpoch: [],
      seconds: 0,
      songsPerSecond: 0,
    },
    songs: order.values().map((row) => songOf(importedIds[row] ?? "", playsOf(row))),
    input: input.vectors.readInOrder(order),
    output: output && outputOrder ? output.vectors.readInOrder(outputOrder) : null,
    vectorSize,
    stride: vectorSize,
  });
  return {
    songs: rows.size,
    plays: totalPlays,
    vectorSize,
    outputVectors: output !== undefined,
    format: input.format,
    songsWithoutCount: plays ? plays.filter((count) => count < 0).length : null,
    leftOut: input.leftOut,
    ...(details && { described: importedIds.filter((id) => details.has(id)).length }),
  };

  function songOf(id: string, count: number) {
    return { id, count, ...details?.get(id) };
  }
}

interface ReadOptions extends IdOptions {
  readonly format?: Word2vecFormat | undefined;
  readonly outputVectors: boolean;
}

/** Copies vectors to a temporary file. */
async function readVectors(
  file: ImportFile,
  path: string,
  { format, outputVectors, ...idOptions }: ReadOptions,
): Promise<ReadVectors> {
  const reader = new ByteReader(file.open());
  await using stack = new AsyncDisposableStack();
  stack.defer(() => reader.close());
  const shape = await readHeader(reader, file.name);
  const { songs, vectorSize } = shape;
  if (!fitsMemory({ songs, vectorSize, outputVectors, nextSongs: null }))
    throw vectorsUnreadable(
      file.name,
      "line 1",
      `${songs} vectors of ${vectorSize} dimensions exceed the 4 GiB of a model`,
    );
  const detected = format ?? (await detectFormat(reader, shape));

  const ids = new ImportedIds(file.name, idOptions);
  await using unfinished = new AsyncDisposableStack();
  const vectors = unfinished.use(await createTemporaryVectors(path, vectorSize));
  for await (const { location, id, vector } of readVectorRows(reader, detected, shape, file.name)) {
    if (ids.add(id, location)) await vectors.append(vector);
  }
  ids.finish();
  unfinished.move();
  const { rows, leftOut } = ids;
  return {
    vectors,
    format: detected,
    vectorSize,
    rows,
    leftOut,
    [Symbol.asyncDispose]: () => vectors[Symbol.asyncDispose](),
  };
}

/** @returns plays by row, −1 for songs that are not listed */
async function readCounts(
  file: ImportFile,
  rows: ReadonlyMap<string, number>,
  options: IdOptions,
): Promise<Float64Array> {
  const counts = new Float64Array(rows.size).fill(-1);
  /** The spelling of each id that is not written in its normal form. */
  const spellings = new Map<number, string>();
  const reader = new ByteReader(file.open());
  await using stack = new AsyncDisposableStack();
  stack.defer(() => reader.close());
  await skipByteOrderMark(reader);
  for (let line = 1; !(await reader.isAtEnd()); line++) {
    const text = (await reader.readUntil(newline, maxLineBytes))?.toString();
    if (text === undefined) throw vectorsUnreadable(file.name, `line ${line}`, "line too long");
    if (text.trim() === "") continue;
    const [, id = "", count = ""] = /^(.*\S)[ \t]+(\d+)\s*$/s.exec(text) ?? [];
    if (id === "" || Number(count) > maxPlays)
      throw vectorsUnreadable(file.name, `line ${line}`, "expected an id, a space, and a number of plays below 2³²");
    const parsed = parseImportedId(id, options);
    const row = "id" in parsed ? rows.get(parsed.id) : undefined;
    if (row === undefined || !("id" in parsed)) continue;
    const earlier = counts[row] === -1 ? id : (spellings.get(row) ?? parsed.id);
    if (earlier !== id) throw vectorsUnreadable(file.name, `line ${line}`, describeSameSong(earlier, id));
    if (id !== parsed.id) spellings.set(row, id);
    counts[row] = Number(count);
  }
  return counts;
}

function missingVector(file: string, songId: string): never {
  throw vectorsUnreadable(file, "end of file", `no vector for ${JSON.stringify(songId.slice(0, 100))}`);
}
