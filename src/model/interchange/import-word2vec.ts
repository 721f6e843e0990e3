import { join } from "node:path";
import { unescapeId } from "./id-escapes.ts";
import { ByteReader } from "./byte-reader.ts";
import { fitsMemory } from "../memory/layout.ts";
import type { Manifest } from "../format/manifest.ts";
import { writeModel } from "../format/write-model.ts";
import { detectFormat, readHeader, readVectorRows, vectorsUnreadable, type Word2vecFormat } from "./read-word2vec.ts";
import type { Song } from "../format/songs.ts";
import { createTemporaryVectors, type TemporaryVectors } from "./temporary-vectors.ts";

const newline = 0x0a;
const longestLine = 1 << 17;
const mostPlays = 0xffffffff;

/** A file by the name that errors call it, and its bytes, unpacked where they were packed. */
export interface ImportFile {
  readonly name: string;
  open(): AsyncIterable<Buffer>;
}

export interface Word2vecImport {
  readonly vectors: ImportFile;
  /** By default what the file looks like. */
  readonly format?: Word2vecFormat;
  /** Output vectors of the same songs, in a file of their own; without them the model has none. */
  readonly outputs?: ImportFile;
  /** A line `id plays` for each song. Without them all are 0, and the order of the file stands for that of the plays. */
  readonly counts?: ImportFile;
  /** `escaped` undoes what an export does to ids; `plain` takes them as they stand. */
  readonly ids: "escaped" | "plain";
  readonly details?: ReadonlyMap<string, Pick<Song, "title" | "artist" | "columns">>;
  /** How ids of requests are read. */
  readonly songIds: Manifest["songIds"];
  readonly importedBy: string;
}

export interface ImportSummary {
  readonly songs: number;
  readonly plays: number;
  readonly vectorSize: number;
  readonly outputVectors: boolean;
  readonly format: string;
  /** Songs that the file of counts doesn't list; null without one. */
  readonly songsWithoutCount: number | null;
}

interface Spooled extends AsyncDisposable {
  readonly spool: TemporaryVectors;
  readonly format: Word2vecFormat;
  readonly vectorSize: number;
  /** The row of each id, in the order of rows. */
  readonly rows: ReadonlyMap<string, number>;
}

/**
 * Writes a model from word2vec files into a folder: of the vectors a megabyte is in memory, of the songs their ids.
 *
 * @throws VECTORS_UNREADABLE with the file and the line or row named
 */
export async function importWord2vec(
  folder: string,
  { vectors, format, outputs, counts, ids, details, songIds, importedBy }: Word2vecImport,
): Promise<ImportSummary> {
  const reading = {
    format,
    idOf: ids === "escaped" ? unescapeId : (id: string) => id,
    outputVectors: outputs !== undefined,
  };
  await using input = await spoolVectors(vectors, join(folder, "input-rows"), reading);
  await using output =
    outputs && (await spoolVectors(outputs, join(folder, "output-rows"), { ...reading, format: undefined }));
  const { rows, vectorSize } = input;
  if (output && output.vectorSize !== vectorSize)
    throw vectorsUnreadable(
      outputs.name,
      "line 1",
      `it has ${output.vectorSize} dimensions, ${vectors.name} has ${vectorSize}`,
    );

  const plays = counts && (await readCounts(counts, rows, reading.idOf));
  const importedIds = [...rows.keys()];
  const inOrder = Uint32Array.from(importedIds, (_, row) => row);
  const order = plays ? inOrder.sort((a, b) => (plays[b] ?? 0) - (plays[a] ?? 0) || a - b) : inOrder;
  const playsOf = (row: number) => Math.max(0, plays?.[row] ?? 0);
  const allPlays = importedIds.reduce((sum, _, row) => sum + playsOf(row), 0);
  const outputOrder =
    output &&
    order.map((row) => output.rows.get(importedIds[row] ?? "") ?? missing(outputs.name, importedIds[row] ?? ""));

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
      plays: allPlays,
      lossByEpoch: [],
      seconds: 0,
      songsPerSecond: 0,
    },
    songs: order.values().map((row) => songOf(importedIds[row] ?? "", playsOf(row))),
    input: input.spool.readInOrder(order),
    output: output && outputOrder ? output.spool.readInOrder(outputOrder) : null,
    vectorSize,
    stride: vectorSize,
  });
  return {
    songs: rows.size,
    plays: allPlays,
    vectorSize,
    outputVectors: output !== undefined,
    format: input.format,
    songsWithoutCount: plays ? plays.filter((count) => count < 0).length : null,
  };

  function songOf(id: string, count: number) {
    return { id, count, ...details?.get(id) };
  }
}

interface Reading {
  readonly format?: Word2vecFormat | undefined;
  idOf(text: string): string;
  readonly outputVectors: boolean;
}

async function spoolVectors(
  file: ImportFile,
  path: string,
  { format, idOf, outputVectors }: Reading,
): Promise<Spooled> {
  const source = new ByteReader(file.open());
  await using stack = new AsyncDisposableStack();
  stack.defer(() => source.close());
  const shape = await readHeader(source, file.name);
  const { songs, vectorSize } = shape;
  if (!fitsMemory(songs, vectorSize, outputVectors))
    throw vectorsUnreadable(
      file.name,
      "line 1",
      `${songs} vectors of ${vectorSize} dimensions do not fit into the 4 GiB of a model`,
    );
  const found = format ?? (await detectFormat(source, shape));

  const rows = new Map<string, number>();
  await using unfinished = new AsyncDisposableStack();
  const spool = unfinished.use(await createTemporaryVectors(path, vectorSize));
  for await (const { location, id, vector } of readVectorRows(source, found, shape, file.name)) {
    const songId = idOf(id);
    const row = rows.size;
    rows.set(songId, row);
    if (rows.size === row)
      throw vectorsUnreadable(
        file.name,
        location,
        `the id ${JSON.stringify(songId.slice(0, 100))} stands there for the second time`,
      );
    await spool.append(vector);
  }
  unfinished.move();
  return { spool, format: found, vectorSize, rows, [Symbol.asyncDispose]: () => spool[Symbol.asyncDispose]() };
}

/** Plays by row; −1 for songs that are not listed. */
async function readCounts(
  file: ImportFile,
  rows: ReadonlyMap<string, number>,
  idOf: (text: string) => string,
): Promise<Float64Array> {
  const counts = new Float64Array(rows.size).fill(-1);
  const source = new ByteReader(file.open());
  await using stack = new AsyncDisposableStack();
  stack.defer(() => source.close());
  for (let line = 1; !(await source.isAtEnd()); line++) {
    const text = (await source.readUntil(newline, longestLine))?.toString();
    if (text === undefined) throw vectorsUnreadable(file.name, `line ${line}`, "it is too long");
    if (text.trim() === "") continue;
    const [, id = "", count = ""] = /^(.*\S) (\d+)\s*$/s.exec(text) ?? [];
    if (id === "" || Number(count) > mostPlays)
      throw vectorsUnreadable(file.name, `line ${line}`, "it is not an id, a blank, and a number of plays below 2³²");
    const row = rows.get(idOf(id));
    if (row !== undefined) counts[row] = Number(count);
  }
  return counts;
}

function missing(file: string, songId: string): never {
  throw vectorsUnreadable(file, "at its end", `there is no vector of ${JSON.stringify(songId.slice(0, 100))}`);
}
