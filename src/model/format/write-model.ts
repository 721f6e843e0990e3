import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { syncFolder, writeDurably } from "./durable.ts";
import { type Graph, writeGraph } from "./graph.ts";
import {
  cooccurrenceFile,
  type IndexMetadata,
  indexFile,
  type Manifest,
  type ManifestInput,
  manifestFile,
  manifestSchema,
  nextSongsFile,
  playlistsFile,
  songsFile,
  untrainedFile,
  vectorsFile,
} from "./manifest.ts";
import { type StoredNextSongs, writeNextSongs } from "./next-songs.ts";
import { type StoredCooccurrence, type StoredPlaylists, writeCooccurrence, writePlaylists } from "./playlists.ts";
import { type Tensor, writeSafetensors } from "./safetensors.ts";
import { encodeWithChecksum } from "./checksummed-json.ts";
import { type Song, encodeSongs } from "./songs.ts";

/** [V, stride], possibly a view of shared memory, or chunks of the bytes of [V, vectorSize]. */
export type MatrixSource = Float32Array | AsyncIterable<Uint8Array>;

export interface ModelContent {
  readonly manifest: ManifestInput;
  /** V songs in row order: descending plays, unique ids. */
  readonly songs: Iterable<Song> | AsyncIterable<Song>;
  /** Songs of the catalogue without a vector, by artists of `songs`. Their counts are 0. */
  readonly untrained?: Iterable<Song>;
  readonly input: MatrixSource;
  /** Null for imported models without output vectors. */
  readonly output: MatrixSource | null;
  readonly vectorSize: number;
  readonly stride: number;
}

/**
 * Writes a model and syncs it to disk. The vectors are stored as [V, vectorSize].
 *
 * @param folder created if it does not exist; must not contain a model
 * @throws RangeError if songs and matrices differ in size; errors of node:fs
 */
export async function writeModel(
  folder: string,
  { manifest, songs, untrained, input, output, vectorSize, stride }: ModelContent,
): Promise<Manifest> {
  await mkdir(folder, { recursive: true });
  let written = 0;
  const columns = new Set<string>();
  const songsDigest = await writeDurably(
    join(folder, songsFile),
    encodeSongs(songs, (song) => {
      written += 1;
      if (song.columns) for (const name of Object.keys(song.columns)) columns.add(name);
    }),
  );
  const shape = [written, vectorSize];
  const tensor = (name: string, source: MatrixSource): Tensor =>
    source instanceof Float32Array
      ? { name, dtype: "F32", shape, data: source, stride }
      : { name, dtype: "F32", shape, chunks: source };
  const vectorsDigest = await writeSafetensors(join(folder, vectorsFile), [
    tensor("input", input),
    ...(output ? [tensor("output", output)] : []),
  ]);
  let untrainedSongs = 0;
  const untrainedDigest =
    untrained &&
    (await writeDurably(
      join(folder, untrainedFile),
      encodeSongs(untrained, () => (untrainedSongs += 1)),
    ));
  const files = {
    [songsFile]: songsDigest,
    [vectorsFile]: vectorsDigest,
    ...(untrainedDigest && { [untrainedFile]: untrainedDigest }),
  };
  return writeManifest(folder, {
    ...manifest,
    formatVersion: 1,
    songs: written,
    untrainedSongs,
    vectorSize,
    outputVectors: output !== null,
    columns: [...columns],
    nextSongs: null,
    index: null,
    files,
  });
}

/** What is computed from the written vectors. */
export interface ModelAdditions extends Pick<Manifest, "blend" | "evaluation" | "peakMemoryMB"> {
  readonly playlists: StoredPlaylists;
  readonly cooccurrence: StoredCooccurrence;
}

/** Adds playlists, co-occurring songs and evaluation to a written model. The manifest is replaced last. */
export async function completeModel(
  folder: string,
  manifest: Manifest,
  { playlists, cooccurrence, ...figures }: ModelAdditions,
): Promise<Manifest> {
  const files = {
    ...manifest.files,
    [playlistsFile]: await writePlaylists(join(folder, playlistsFile), playlists),
    [cooccurrenceFile]: await writeCooccurrence(join(folder, cooccurrenceFile), cooccurrence),
  };
  return replaceManifest(folder, { ...manifest, ...figures, files });
}

/** Adds vectors that predict the next song to a written model. The manifest is replaced last. */
export async function addNextSongs(folder: string, manifest: Manifest, nextSongs: StoredNextSongs): Promise<Manifest> {
  const { size, positions } = nextSongs;
  const digest = await writeNextSongs(join(folder, nextSongsFile), nextSongs, manifest.songs);
  return replaceManifest(folder, {
    ...manifest,
    nextSongs: { size, positions: positions.length },
    files: { ...manifest.files, [nextSongsFile]: digest },
  });
}

/** Adds an index to a written model. The manifest is replaced last. */
export async function addIndex(
  folder: string,
  manifest: Manifest,
  graph: Graph,
  index: IndexMetadata,
): Promise<Manifest> {
  const files = { ...manifest.files, [indexFile]: await writeGraph(join(folder, indexFile), graph, manifest.songs) };
  return replaceManifest(folder, { ...manifest, index, files });
}

async function replaceManifest(folder: string, manifest: Manifest): Promise<Manifest> {
  await rm(join(folder, manifestFile));
  return writeManifest(folder, manifest);
}

async function writeManifest(folder: string, manifest: z.input<typeof manifestSchema>): Promise<Manifest> {
  const parsed = manifestSchema.parse(manifest);
  await writeDurably(join(folder, manifestFile), [encodeWithChecksum(parsed)]);
  await syncFolder(folder);
  return parsed;
}
