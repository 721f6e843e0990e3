import { buildTree } from "../../word2vec/huffman.ts";
import { type CheckedFile, corruptFile } from "../format/checked-file.ts";
import { readGraph } from "../format/graph.ts";
import { displayPath, openModelFile } from "../format/inspect.ts";
import {
  cooccurrenceFile,
  indexFile,
  type Manifest,
  manifestFile,
  nextSongsFile,
  playlistsFile,
  songsFile,
  untrainedFile,
} from "../format/manifest.ts";
import { readCooccurrence, readPlaylists, type StoredCooccurrence, type StoredPlaylists } from "../format/playlists.ts";
import { allocateModel, type ModelMemory, type ModelShape, viewModel } from "../memory/layout.ts";
import { indexPlaylists, type PlaylistIndex } from "../memory/playlist-index.ts";
import { rankByPopularity, type SongPopularity } from "../memory/popularity.ts";
import type { SongBuffers } from "../memory/song-table.ts";
import { readSongs } from "./read-songs.ts";
import { readNextSongs, readVectorsInto } from "./read-vectors.ts";

export interface ReadTask {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Keep float32 vectors if they fit into 4 GiB. */
  readonly exact: boolean;
  /** Read the index if there is one and it fits. */
  readonly index: boolean;
}

/** A verified model in shared memory, which threads can post to each other. */
export interface ModelParts {
  readonly memory: WebAssembly.Memory;
  readonly shape: ModelShape;
  readonly hasTree: boolean;
  readonly songs: SongBuffers;
  readonly untrained: SongBuffers | null;
  readonly playlists: StoredPlaylists | null;
  readonly playlistIndex: PlaylistIndex | null;
  readonly popularity: SongPopularity;
  readonly cooccurrence: StoredCooccurrence | null;
}

/** Reads and verifies the files of a model. @throws MODEL_DAMAGED */
export async function readModel(task: ReadTask): Promise<ModelParts> {
  const { folder, manifest } = task;
  const { songs: count, untrainedSongs, outputVectors, hyperparameters } = manifest;

  const songs = await read(songsFile, (file) => readSongs(file, count));
  const untrained = await readAddition(untrainedFile, (file) => readSongs(file, untrainedSongs));
  const playlists = await readAddition(playlistsFile, (file) => readPlaylists(file, count));
  const cooccurrence = await readAddition(cooccurrenceFile, (file) => readCooccurrence(file, count));
  const { memory, shape } = allocateMemory(task);
  const modelMemory = viewModel(memory, shape);
  const { graph } = modelMemory;
  if (graph) await read(indexFile, (file) => readGraph(file, graph, count));
  await readVectorsInto(modelMemory, folder, manifest);
  await readAddition(nextSongsFile, (file) => readNextSongs(modelMemory, file));
  const hasTree = hyperparameters["hs"] === true && outputVectors && count > 1;
  if (hasTree) fillTree(songs.counts, modelMemory);
  const playlistIndex = playlists && indexPlaylists(playlists, count);
  const popularity = rankByPopularity(playlistIndex?.playlistCounts ?? songs.counts);
  return { memory, shape, hasTree, songs, untrained, playlists, playlistIndex, popularity, cooccurrence };

  async function read<T>(name: keyof Manifest["files"], from: (file: CheckedFile) => Promise<T>): Promise<T> {
    await using file = await openModelFile(folder, manifest, name);
    return await from(file);
  }

  async function readAddition<T>(
    name: keyof Manifest["files"],
    from: (file: CheckedFile) => Promise<T>,
  ): Promise<T | null> {
    return manifest.files[name] ? read(name, from) : null;
  }
}

/**
 * Allocates memory, with float32 vectors and the index if they are requested and fit.
 *
 * @throws MODEL_DAMAGED if not even the int8 vectors fit
 */
function allocateMemory({ folder, manifest, exact, index }: ReadTask): {
  memory: WebAssembly.Memory;
  shape: ModelShape;
} {
  const { songs, vectorSize, outputVectors, nextSongs } = manifest;
  const linksPerSong = index && manifest.index && manifest.files[indexFile] ? 2 * manifest.index.m : 0;
  const shapes = [exact, false].flatMap((kept) =>
    [linksPerSong, 0].map((links) => ({
      songs,
      vectorSize,
      outputVectors,
      exact: kept,
      linksPerSong: links,
      nextSongs,
    })),
  );
  for (const shape of shapes) {
    const memory = allocateModel(shape);
    if (memory) return { memory, shape };
  }
  throw corruptFile(displayPath(folder, manifestFile), `${songs} vectors of ${vectorSize} dimensions exceed 4 GiB`);
}

/** Fills the branches of the Huffman tree. @param counts plays of each song [V] */
function fillTree(counts: Uint32Array, { parentBranches, branchChildren }: ModelMemory): void {
  const { parents, bits } = buildTree(counts);
  const root = parents.length - 1;
  for (let child = 0; child < root; child++) {
    const branch = 2 * (parents[child] ?? 0) + (bits[child] ?? 0);
    parentBranches[child] = branch;
    branchChildren[branch] = child;
  }
}
