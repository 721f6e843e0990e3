import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";
import { corruptFile, wrapReadErrors, type ReadableFile } from "../format/checked-file.ts";
import type { ImportSummary } from "./import-word2vec.ts";
import { fitsMemory } from "../memory/layout.ts";
import { maxNorm } from "../memory/quantise.ts";
import { addNextSongs, completeModel, writeModel } from "../format/write-model.ts";
import { type Manifest, manifestSchema } from "../format/manifest.ts";
import { cooccurrenceTensors, playlistTensors, checkCooccurrence, checkPlaylists } from "../format/playlists.ts";
import { readSafetensorsHeader, type TensorLocation } from "../format/safetensors.ts";
import { type Song, decodeSongs } from "../format/songs.ts";

const chunkBytes = 1 << 20;
const metadataSchema = z.object({
  format: z.literal("song2vec"),
  model: z
    .string()
    .transform((text, context) => parseJson(text, context))
    .pipe(manifestSchema.omit({ files: true })),
});

/**
 * Imports a model that was exported as safetensors. Vectors are streamed; playlists and co-occurring songs are held in
 * memory.
 *
 * @param folder to write the model to
 * @param path of the safetensors file
 * @throws MODEL_DAMAGED with the path
 */
export async function importSafetensors(folder: string, path: string): Promise<ImportSummary> {
  await using file = await wrapReadErrors(path, () => open(path));
  const { size } = await wrapReadErrors(path, () => file.stat());
  const { tensors, metadata } = await readSafetensorsHeader(sliceOf(file, path, 0, size));
  const { data: exported } = metadataSchema.safeParse(metadata);
  if (!exported) throw corruptFile(path, "not exported by song2vec: its metadata does not describe a model");
  const { input, output, nextSongs, songs } = checkTensors(tensors, exported.model, path);
  const manifest = exported.model;
  const { vectorSize } = manifest;
  const additions = await readAdditions(file, path, tensors, manifest.songs);
  const slice = ({ begin, end }: TensorLocation) => sliceOf(file, path, begin, end);
  const positions = nextSongs && (await readPositions(slice(nextSongs.positions)));
  let written = await writeModel(folder, {
    manifest,
    songs: validateSongs(slice(songs), manifest.songs),
    input: validateRows(slice(input), vectorSize),
    output: output ? validateRows(slice(output), vectorSize) : null,
    vectorSize,
    stride: vectorSize,
  });
  if (nextSongs && positions) {
    const { size } = nextSongs;
    const vectors = validateRows(slice(nextSongs.vectors), size);
    written = await addNextSongs(folder, written, { vectors, size, positions });
  }
  const { blend, evaluation, peakMemoryMB } = manifest;
  if (additions) await completeModel(folder, written, { blend, evaluation, peakMemoryMB, ...additions });
  return {
    songs: manifest.songs,
    plays: manifest.plays,
    vectorSize,
    outputVectors: manifest.outputVectors,
    format: "safetensors",
    songsWithoutCount: null,
    leftOut: {},
  };
}

function checkTensors(
  tensors: readonly TensorLocation[],
  { songs, vectorSize, outputVectors, nextSongs }: Omit<Manifest, "files">,
  name: string,
) {
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const floats = (key: string, ...shape: number[]) => {
    const tensor = found.get(key);
    return tensor?.dtype === "F32" && tensor.shape.join() === shape.join() ? tensor : undefined;
  };
  const [input, output] = [floats("input", songs, vectorSize), floats("output", songs, vectorSize)];
  const vectors = nextSongs && floats("nextSongs.vectors", songs, nextSongs.size);
  const positions = nextSongs && floats("nextSongs.positions", nextSongs.positions);
  const lines = found.get("songs");
  const matches = (output !== undefined) === outputVectors && vectors !== undefined && positions !== undefined;
  if (!input || !matches || lines?.dtype !== "U8") throw corruptFile(name, "its tensors do not match its metadata");
  if (!fitsMemory({ songs, vectorSize, outputVectors, nextSongs }))
    throw corruptFile(name, `${songs} vectors of ${vectorSize} dimensions exceed 4 GiB`);
  return {
    input,
    output,
    nextSongs: vectors && positions && { size: nextSongs.size, vectors, positions },
    songs: lines,
  };
}

/** Reads playlists and co-occurring songs. Imported and older models have neither. */
async function readAdditions(file: FileHandle, name: string, tensors: readonly TensorLocation[], songs: number) {
  const isAddition = ({ name: found }: TensorLocation) => found.includes(".") && !found.startsWith("nextSongs.");
  if (!tensors.some(isAddition)) return undefined;
  const readTensors = async <N extends string>(
    prefix: string,
    expected: Readonly<Record<N, "U32" | "F32">>,
  ): Promise<Record<N, Uint32Array>> => {
    const arrays: [string, Uint32Array][] = [];
    for (const [key, dtype] of Object.entries(expected)) {
      const tensor = tensors.find((other) => other.name === `${prefix}.${key}`);
      if (!tensor || tensor.dtype !== dtype || tensor.shape.length !== 1)
        throw corruptFile(name, `no ${String(dtype)} tensor ${prefix}.${key} of one dimension`);
      const words = new Uint32Array((tensor.end - tensor.begin) / 4);
      await sliceOf(file, name, tensor.begin, tensor.end).read(new Uint8Array(words.buffer));
      arrays.push([key, words]);
    }
    return Object.fromEntries(arrays) as Record<N, Uint32Array>;
  };
  return {
    playlists: checkPlaylists({ name }, await readTensors("playlists", playlistTensors), songs),
    cooccurrence: checkCooccurrence({ name }, await readTensors("companions", cooccurrenceTensors), songs),
  };
}

async function readPositions(file: ReadableFile): Promise<Float32Array> {
  const positions = new Float32Array(file.size / 4);
  await file.read(new Uint8Array(positions.buffer));
  if (!positions.every(Number.isFinite)) throw corruptFile(file.name, "a position weight is not finite");
  return positions;
}

/** @returns the bytes from `begin` to `end` as a file */
function sliceOf(file: FileHandle, name: string, begin: number, end: number): ReadableFile {
  let position = begin;
  return {
    name,
    size: end - begin,
    async read(target) {
      for (let done = 0; done < target.length;) {
        const { bytesRead } = await wrapReadErrors(name, () => file.read(target, done, target.length - done, position));
        if (bytesRead === 0) throw corruptFile(name, `unexpected end after ${position} bytes`);
        done += bytesRead;
        position += bytesRead;
      }
    },
    async [Symbol.asyncDispose]() {},
  };
}

async function* validateSongs(file: ReadableFile, expected: number): AsyncGenerator<Song> {
  const ids = new Set<string>();
  let previous = Number.POSITIVE_INFINITY;
  for await (const song of decodeSongs(file, expected)) {
    const line = ids.size + 1;
    ids.add(song.id);
    if (ids.size < line) throw corruptFile(file.name, `song ${line} has a duplicate id`);
    if (song.count > previous) throw corruptFile(file.name, `song ${line} has more plays than the song before it`);
    previous = song.count;
    yield song;
  }
}

async function* validateRows(file: ReadableFile, vectorSize: number): AsyncGenerator<Uint8Array> {
  const chunk = new Float32Array(Math.max(1, Math.floor(chunkBytes / (vectorSize * 4))) * vectorSize);
  for (let at = 0; at < file.size; at += chunk.byteLength) {
    const values = chunk.subarray(0, Math.min(chunk.length, (file.size - at) / 4));
    const bytes = new Uint8Array(values.buffer, 0, values.byteLength);
    await file.read(bytes);
    for (let start = 0; start < values.length; start += vectorSize) {
      const length = Math.sqrt(
        values.subarray(start, start + vectorSize).reduce((sum, value) => sum + value * value, 0),
      );
      if (!(length <= maxNorm))
        throw corruptFile(file.name, `the vector of row ${at / 4 / vectorSize + start / vectorSize} is not finite`);
    }
    yield bytes;
  }
}

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    const content: unknown = JSON.parse(text);
    return content;
  } catch {
    context.addIssue({ code: "custom", message: "not JSON" });
    return z.NEVER;
  }
}
