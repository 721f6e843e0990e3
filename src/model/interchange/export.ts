import { setImmediate } from "node:timers/promises";
import { createError } from "../../errors.ts";
import type { CheckedFile, ReadableFile } from "../format/checked-file.ts";
import { openModelFile } from "../format/inspect.ts";
import { tensorPrefixes, type Manifest, songsFile } from "../format/manifest.ts";
import { openVectors, readRows, streamSongs } from "../format/rows.ts";
import { readSafetensorsHeader, safetensorsChunks, type Tensor } from "../format/safetensors.ts";
import { projectorMetadata, projectorVectors } from "./projector-format.ts";
import { type MatrixShape, word2vecBinary, word2vecText, word2vecVocabulary } from "./word2vec-format.ts";

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
  { format, vectors = "input", limit }: ExportOptions,
): AsyncGenerator<Uint8Array> {
  if (format === "safetensors" && (vectors !== "input" || limit !== undefined))
    throw impossible("A safetensors file holds all vectors of all songs.");
  if (vectors === "output" && !manifest.outputVectors) throw impossible("This model version has no output vectors.");
  if (vectors === "output" && manifest.hyperparameters["hs"] === true)
    throw impossible("The output vectors of this model version belong to the nodes of a tree, not to songs.");

  const shape: MatrixShape = {
    songs: Math.min(manifest.songs, limit ?? manifest.songs),
    vectorSize: manifest.vectorSize,
  };
  const rows = () => readRows(folder, manifest, vectors);
  const songs = () => streamSongs(folder, manifest);
  const chunks = {
    "word2vec-binary": () => word2vecBinary(shape, rows()),
    "word2vec-text": () => word2vecText(shape, rows()),
    "word2vec-vocabulary": () => word2vecVocabulary(shape, songs()),
    projector: () => projectorVectors(shape, rows()),
    "projector-metadata": () => projectorMetadata(shape, songs()),
    safetensors: () => oneFile(folder, manifest),
  };
  return lastHeldBack(chunks[format]());
}

/** Vectors, playlists and companions, the lines of songs.jsonl as bytes, and the manifest as metadata: all that makes a model. */
async function* oneFile(folder: string, manifest: Manifest): AsyncGenerator<Uint8Array> {
  const { files, ...described } = manifest;
  const { songs, vectorSize, outputVectors } = manifest;
  await using opened = new AsyncDisposableStack();
  const lines = opened.use(await openModelFile(folder, manifest, songsFile));
  const vectors = opened.use(await openVectors(folder, manifest));
  const additions: CheckedFile[] = [];
  const more: Tensor[] = [];
  for (const [prefix, name] of Object.entries(tensorPrefixes)) {
    if (!files[name]) continue;
    const file = opened.use(await openModelFile(folder, manifest, name));
    additions.push(file);
    for (const tensor of (await readSafetensorsHeader(file)).tensors)
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

/** Lets the event loop turn before each chunk, which takes some milliseconds to make at most. */
async function* lastHeldBack(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let last: Uint8Array | undefined;
  for await (const chunk of chunks) {
    if (last) yield last;
    last = chunk;
    await setImmediate();
  }
  if (last) yield last;
}

function impossible(reason: string): Error {
  return createError("EXPORT_IMPOSSIBLE", { reason });
}
