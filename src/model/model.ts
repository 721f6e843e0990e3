import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { syncFolder, writeDurably } from "./format/durable.ts";
import { type Graph, writeGraph } from "./format/graph.ts";
import type { ModelMemory } from "./memory/layout.ts";
import type { PlaylistIndex } from "./memory/playlist-index.ts";
import { type StoredCompanions, type StoredPlaylists, writeCompanions, writePlaylists } from "./format/playlists.ts";
import { type Tensor, writeSafetensors } from "./format/safetensors.ts";
import { seal } from "./format/seal.ts";
import { type Song, songLines, type SongTable } from "./format/songs.ts";

export type { Song } from "./format/songs.ts";

export const manifestFile = "model.json";
export const songsFile = "songs.jsonl";
export const untrainedFile = "untrained.jsonl";
export const vectorsFile = "vectors.safetensors";
export const playlistsFile = "playlists.safetensors";
export const companionsFile = "cooccurrence.safetensors";
export const indexFile = "index.safetensors";
/** What stands before the names of their tensors where a model is one file. */
export const additionNames = { playlists: playlistsFile, companions: companionsFile } as const;

const digestSchema = z.object({ size: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

export const indexSchema = z.object({
  kind: z.literal("hnsw"),
  /** Links that a song is given; it keeps twice as many. */
  m: z.int().min(2).max(64),
  /** Songs that were looked at to find them. */
  efConstruction: z.int().positive(),
  /** Songs that a search keeps in view; the fewest that find enough. */
  efSearch: z.int().positive().max(4096),
  /** Of the ten songs most like a song or a mean of some, how many a search finds; measured against the scan when it was built. */
  recallAt10: z.number().min(0).max(1),
  /** How long that took. */
  seconds: z.number().nonnegative(),
});
export type IndexFigures = z.infer<typeof indexSchema>;

/** What model.json says of a model; the file also holds a checksum of itself. The format version decides: fields and files that are not known here are of a later release, and ignored. */
export const manifestSchema = z.object({
  formatVersion: z.literal(1),
  createdAt: z.iso.datetime(),
  /** Program and version. */
  trainedBy: z.string(),
  /** `numbers`: 0012 and 12.0 are the song 12; `text`: ids are as they stood. */
  songIds: z.enum(["numbers", "text"]).default("numbers"),
  /** Whether the playlists are the made-up sample. */
  sample: z.boolean().default(false),
  /** The variant of the training kernel. */
  kernel: z.string(),
  hyperparameters: z.record(z.string(), z.unknown()),
  /** The report on the playlists read. */
  data: z.record(z.string(), z.unknown()),
  songs: z.int().positive(),
  /** Songs of the catalogue that are not among them, but by an artist of theirs. */
  untrainedSongs: z.int().nonnegative().default(0),
  /** Plays of these songs in the training playlists. */
  plays: z.int().nonnegative(),
  vectorSize: z.int().positive(),
  /** Whether there are output vectors; imported models may have none, and then nothing can be asked that needs them. */
  outputVectors: z.boolean().default(true),
  lossByEpoch: z.array(z.number()),
  /** NDCG@10 of held-out plays; empty where none were held out. */
  validationByEpoch: z.array(z.number()).default([]),
  /** The epoch that the vectors are of, from 1; null: the last. */
  bestEpoch: z.int().positive().nullable().default(null),
  /** The version whose vectors training started from. */
  warmStart: z.int().positive().nullable().default(null),
  /** How long training took. */
  seconds: z.number().nonnegative(),
  songsPerSecond: z.number().nonnegative(),
  /** The most that the trainer was reckoned to hold before it laid the training out, and what it held by the end of training. */
  predictedMemoryMB: z.number().nonnegative().nullable().default(null),
  peakMemoryMB: z.number().nonnegative().nullable().default(null),
  /** The weights of the channels that recommendations are blended of; null: those that stand for none fitted. */
  blend: z
    .object({ weights: z.record(z.string(), z.number()) })
    .nullable()
    .default(null),
  /** How well held-out plays are recommended; null where none were held out. */
  evaluation: z.record(z.string(), z.unknown()).nullable().default(null),
  /** The columns of the catalogue besides title and artist that say something of these songs. */
  columns: z.array(z.string()).default([]),
  /** The index that finds songs like a song without a scan; see `indexSchema`. */
  index: indexSchema.nullable().default(null),
  files: z.object({
    [songsFile]: digestSchema,
    [vectorsFile]: digestSchema,
    [untrainedFile]: digestSchema.optional(),
    [playlistsFile]: digestSchema.optional(),
    [companionsFile]: digestSchema.optional(),
    [indexFile]: digestSchema.optional(),
  }),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** A loaded model: an immutable snapshot, all of it checked. V songs, the most played first. */
export interface Model extends SongTable, Omit<ModelMemory, "chunk"> {
  readonly version: number;
  readonly manifest: Manifest;
  readonly vectorSize: number;
  /** Whether it was trained with hierarchical softmax: output vectors belong to the inner nodes of a tree. */
  readonly hasTree: boolean;
  /** Songs of the catalogue that it does not know, by artists that it knows; their counts are 0. */
  readonly untrained: SongTable | null;
  /** What it was trained on, and which songs go together there; null for versions that came without. */
  readonly playlists: StoredPlaylists | null;
  readonly companions: StoredCompanions | null;
  /** Where its songs are in those playlists, for a model that threads have read; else whoever needs it makes it. */
  readonly playlistIndex: PlaylistIndex | null;
}

/** [V, stride], which may view shared memory, or the bytes of [V, vectorSize] as they come. */
export type MatrixSource = Float32Array | AsyncIterable<Uint8Array>;

export interface ModelContent {
  readonly manifest: Omit<Manifest, "files" | "columns" | "untrainedSongs" | "index">;
  /** V songs in row order, the most played first, ids unique. */
  readonly songs: Iterable<Song> | AsyncIterable<Song>;
  /** Other songs of the catalogue, by artists of these; their counts are 0. */
  readonly untrained?: Iterable<Song>;
  readonly input: MatrixSource;
  /** As the manifest says, there may be none. */
  readonly output: MatrixSource | null;
  readonly vectorSize: number;
  readonly stride: number;
}

/**
 * Writes a model into a folder, which is made if need be and must hold no model yet, and returns when all of it is
 * safe on the disk. The vectors are stored as [V, vectorSize].
 *
 * @throws RangeError where the parts do not fit each other; the errors of node:fs where the disk refuses
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
    songLines(songs, (song) => {
      written += 1;
      if (song.columns) for (const name of Object.keys(song.columns)) columns.add(name);
    }),
  );
  if (written !== manifest.songs) throw new RangeError(`${written} songs, and a manifest of ${manifest.songs}`);
  if (vectorSize !== manifest.vectorSize)
    throw new RangeError(`vectors of ${vectorSize}, and a manifest of ${manifest.vectorSize}`);

  if (manifest.outputVectors !== (output !== null))
    throw new RangeError("the manifest is wrong about the output vectors");

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
      songLines(untrained, () => (untrainedSongs += 1)),
    ));
  const files = {
    [songsFile]: songsDigest,
    [vectorsFile]: vectorsDigest,
    ...(untrainedDigest && { [untrainedFile]: untrainedDigest }),
  };
  return writeManifest(folder, { ...manifest, untrainedSongs, columns: [...columns], index: null, files });
}

/** What recommendations need besides vectors. */
export interface ModelAddition extends Pick<Manifest, "blend" | "evaluation" | "peakMemoryMB"> {
  readonly playlists: StoredPlaylists;
  readonly companions: StoredCompanions;
}

/** Adds what could only be made once the vectors were written; the manifest is written anew, last. */
export async function completeModel(
  folder: string,
  manifest: Manifest,
  { playlists, companions, ...figures }: ModelAddition,
): Promise<Manifest> {
  const files = {
    ...manifest.files,
    [playlistsFile]: await writePlaylists(join(folder, playlistsFile), playlists),
    [companionsFile]: await writeCompanions(join(folder, companionsFile), companions),
  };
  await rm(join(folder, manifestFile));
  return writeManifest(folder, { ...manifest, ...figures, files });
}

/** Adds an index; the manifest is written anew, last. */
export async function addIndex(
  folder: string,
  manifest: Manifest,
  graph: Graph,
  index: IndexFigures,
): Promise<Manifest> {
  const files = { ...manifest.files, [indexFile]: await writeGraph(join(folder, indexFile), graph, manifest.songs) };
  await rm(join(folder, manifestFile));
  return writeManifest(folder, { ...manifest, index, files });
}

async function writeManifest(folder: string, manifest: Manifest): Promise<Manifest> {
  const parsed = manifestSchema.parse(manifest);
  await writeDurably(join(folder, manifestFile), [seal(parsed)]);
  await syncFolder(folder);
  return parsed;
}
