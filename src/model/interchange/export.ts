import { join } from "node:path";
import { createError } from "../../errors.ts";
import { type CheckedFile, openChecked, type ReadableFile } from "../format/checked-file.ts";
import type { FileDigest } from "../format/durable.ts";
import { nameIn } from "../format/inspect.ts";
import { additionNames, type Manifest, songsFile, vectorsFile } from "../format/manifest.ts";
import { createPace, type Pace } from "../pace.ts";
import { projectorMetadata, projectorVectors } from "./projector-format.ts";
import { readVectorsHeader } from "../loading/read.ts";
import { readRows } from "../format/rows.ts";
import { readSafetensorsHeader, safetensorsChunks, type Tensor } from "../format/safetensors.ts";
import { songsIn } from "../format/songs.ts";
import { type Shape, word2vecBinary, word2vecText, word2vecVocabulary } from "./word2vec-format.ts";

/** What a model can be written as, and what such a file is called and holds. */
export const exportFormats = {
  "word2vec-binary": { file: "vectors.bin", mediaType: "application/octet-stream" },
  "word2vec-text": { file: "vectors.txt", mediaType: "text/plain; charset=utf-8" },
  "word2vec-vocabulary": { file: "vocabulary.txt", mediaType: "text/plain; charset=utf-8" },
  projector: { file: "vectors.tsv", mediaType: "text/tab-separated-values; charset=utf-8" },
  "projector-metadata": { file: "metadata.tsv", mediaType: "text/tab-separated-values; charset=utf-8" },
  safetensors: { file: "model.safetensors", mediaType: "application/octet-stream" },
} as const;

export type ExportFormat = keyof typeof exportFormats;

export interface ExportOptions {
  readonly format: ExportFormat;
  /** By default the input vectors. */
  readonly vectors?: "input" | "output";
  /** So many of the most played songs; by default all. */
  readonly limit?: number;
  /** By default none: for a thread that has others to serve. */
  readonly pace?: Pace;
}

const chunkBytes = 1 << 18;

/**
 * The bytes of a model in another format, read from its folder as they are asked for: some megabytes of memory, whatever
 * its size. The last of them come only once all that was read proved to be what was written.
 *
 * @throws EXPORT_IMPOSSIBLE at once, MODEL_DAMAGED with the file named
 */
export function exportModel(
  folder: string,
  manifest: Manifest,
  { format, vectors = "input", limit, pace = createPace(Number.POSITIVE_INFINITY) }: ExportOptions,
): AsyncGenerator<Uint8Array> {
  if (format === "safetensors" && (vectors !== "input" || limit !== undefined))
    throw impossible("A safetensors file holds all vectors of all songs.");
  if (vectors === "output" && !manifest.outputVectors) throw impossible("This model version has no output vectors.");
  if (vectors === "output" && manifest.hyperparameters["hs"] === true)
    throw impossible("The output vectors of this model version belong to the nodes of a tree, not to songs.");

  const shape: Shape = { songs: Math.min(manifest.songs, limit ?? manifest.songs), vectorSize: manifest.vectorSize };
  const rows = () => readRows(folder, manifest, vectors, pace);
  const songs = () => songsOf(folder, manifest, pace);
  switch (format) {
    case "word2vec-binary":
      return lastHeldBack(word2vecBinary(shape, rows(), pace));
    case "word2vec-text":
      return lastHeldBack(word2vecText(shape, rows(), pace));
    case "word2vec-vocabulary":
      return lastHeldBack(word2vecVocabulary(shape, songs()));
    case "projector":
      return lastHeldBack(projectorVectors(shape, rows(), pace));
    case "projector-metadata":
      return lastHeldBack(projectorMetadata(shape, songs()));
    case "safetensors":
      return lastHeldBack(oneFile(folder, manifest, pace));
  }
}

async function* songsOf(folder: string, manifest: Manifest, pace: Pace) {
  await using file = await openChecked(
    join(folder, songsFile),
    nameIn(folder, songsFile),
    manifest.files[songsFile],
    pace,
  );
  for await (const song of songsIn(file, manifest.songs)) {
    if (pace.isOver()) await pace.rest();
    yield song;
  }
}

/** Vectors, playlists and companions, the lines of songs.jsonl as bytes, and the manifest as metadata: all that makes a model. */
async function* oneFile(folder: string, manifest: Manifest, pace: Pace): AsyncGenerator<Uint8Array> {
  const open = (file: keyof Manifest["files"], digest: FileDigest) =>
    openChecked(join(folder, file), nameIn(folder, file), digest, pace);
  const { files, ...described } = manifest;
  const { songs, vectorSize, outputVectors } = manifest;
  await using opened = new AsyncDisposableStack();
  const [lines, vectors] = [
    opened.use(await open(songsFile, files[songsFile])),
    opened.use(await open(vectorsFile, files[vectorsFile])),
  ];
  await readVectorsHeader(vectors, manifest);
  const additions: CheckedFile[] = [];
  const more: Tensor[] = [];
  for (const [prefix, name] of Object.entries(additionNames)) {
    const digest = files[name];
    if (!digest) continue;
    const file = opened.use(await open(name, digest));
    additions.push(file);
    for (const tensor of await readSafetensorsHeader(file))
      more.push({ ...tensor, name: `${prefix}.${tensor.name}`, chunks: bytesOf(file, tensor.end - tensor.begin) });
  }
  const matrix = (name: string) => ({
    name,
    dtype: "F32" as const,
    shape: [songs, vectorSize],
    chunks: bytesOf(vectors, songs * vectorSize * 4),
  });
  yield* safetensorsChunks(
    [
      matrix("input"),
      ...(outputVectors ? [matrix("output")] : []),
      ...more,
      { name: "songs", dtype: "U8", shape: [lines.size], chunks: bytesOf(lines, lines.size) },
    ],
    { format: "song2vec", model: JSON.stringify(described) },
  );
  for (const file of [lines, vectors, ...additions]) file.verify();
}

async function* bytesOf(file: ReadableFile, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += chunkBytes) {
    const chunk = new Uint8Array(Math.min(chunkBytes, bytes - at));
    await file.read(chunk);
    yield chunk;
  }
}

async function* lastHeldBack(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let last: Uint8Array | undefined;
  for await (const chunk of chunks) {
    if (last) yield last;
    last = chunk;
  }
  if (last) yield last;
}

function impossible(reason: string): Error {
  return createError("EXPORT_IMPOSSIBLE", { reason });
}
