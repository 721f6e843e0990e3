import { setImmediate } from "node:timers/promises";
import { createError } from "../../errors.ts";
import type { CheckedFile, ReadableFile } from "../format/checked-file.ts";
import { openModelFile } from "../format/inspect.ts";
import { tensorPrefixes, type Manifest, songsFile } from "../format/manifest.ts";
import { openVectors, readRows, streamSongs } from "../format/rows.ts";
import { readSafetensorsHeader, safetensorsChunks, type Tensor } from "../format/safetensors.ts";
import { projectorMetadata, projectorVectors } from "./projector-format.ts";
import { type MatrixShape, word2vecBinary, word2vecText, word2vecVocabulary } from "./word2vec-format.ts";

/** Export formats, with the default file name and media type of each. */
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
  /** `input` by default */
  readonly vectors?: "input" | "output";
  /** Number of songs, the most played first; all by default */
  readonly limit?: number;
}

const chunkBytes = 1 << 18;

/**
 * Streams a model in another format, with a few megabytes in memory. The last chunk is only yielded after all checksums
 * have been verified.
 *
 * @throws EXPORT_IMPOSSIBLE immediately, MODEL_DAMAGED
 */
export function exportModel(
  folder: string,
  manifest: Manifest,
  { format, vectors = "input", limit }: ExportOptions,
): AsyncGenerator<Uint8Array> {
  if (format === "safetensors" && (vectors !== "input" || limit !== undefined))
    throw impossible("The safetensors format always contains all vectors of all songs.");
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
    safetensors: () => singleFile(folder, manifest),
  };
  return holdBackLastChunk(chunks[format]());
}

/**
 * A complete model as safetensors: vectors, playlists, co-occurring songs, next-song vectors, songs.jsonl as bytes, the
 * manifest as metadata.
 */
async function* singleFile(folder: string, manifest: Manifest): AsyncGenerator<Uint8Array> {
  const { files, ...metadata } = manifest;
  const { songs, vectorSize, outputVectors } = manifest;
  await using opened = new AsyncDisposableStack();
  const lines = opened.use(await openModelFile(folder, manifest, songsFile));
  const vectors = opened.use(await openVectors(folder, manifest));
  const additionalFiles: CheckedFile[] = [];
  const additionalTensors: Tensor[] = [];
  for (const [prefix, name] of Object.entries(tensorPrefixes)) {
    if (!files[name]) continue;
    const file = opened.use(await openModelFile(folder, manifest, name));
    additionalFiles.push(file);
    for (const tensor of (await readSafetensorsHeader(file)).tensors)
      additionalTensors.push({
        ...tensor,
        name: `${prefix}.${tensor.name}`,
        chunks: bytesOf(file, tensor.end - tensor.begin),
      });
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
      ...additionalTensors,
      { name: "songs", dtype: "U8", shape: [lines.size], chunks: bytesOf(lines, lines.size) },
    ],
    { format: "song2vec", model: JSON.stringify(metadata) },
  );
  for (const file of [lines, vectors, ...additionalFiles]) file.verify();
}

async function* bytesOf(file: ReadableFile, bytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes; at += chunkBytes) {
    const chunk = new Uint8Array(Math.min(chunkBytes, bytes - at));
    await file.read(chunk);
    yield chunk;
  }
}

/** Yields to the event loop before each chunk, which takes a few milliseconds to produce. */
async function* holdBackLastChunk(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
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
