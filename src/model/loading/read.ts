import { buildTree } from "../../word2vec/huffman.ts";
import { type CheckedFile, corruptFile } from "../format/checked-file.ts";
import { readGraph } from "../format/graph.ts";
import { displayPath, openModelFile } from "../format/inspect.ts";
import {
  cooccurrenceFile,
  indexFile,
  type Manifest,
  manifestFile,
  playlistsFile,
  songsFile,
  untrainedFile,
} from "../format/manifest.ts";
import { readCooccurrence, readPlaylists, type StoredCooccurrence, type StoredPlaylists } from "../format/playlists.ts";
import { allocateModel, type ModelMemory, type ModelShape, viewModel } from "../memory/layout.ts";
import { indexPlaylists, type PlaylistIndex } from "../memory/playlist-index.ts";
import type { SongBuffers } from "../memory/song-table.ts";
import { readSongs } from "./read-songs.ts";
import { readVectorsInto } from "./read-vectors.ts";

export interface ReadTask {
  readonly folder: string;
  readonly manifest: Manifest;
  /** Whether vectors are kept as they are, where they fit. */
  readonly exact: boolean;
  /** Whether its index is read, where it has one and that fits. */
  readonly index: boolean;
}

/** All of a model that was read from its files and checked; all of it shared memory, so that threads can hand it on. */
export interface ModelParts {
  readonly memory: WebAssembly.Memory;
  readonly shape: ModelShape;
  readonly hasTree: boolean;
  readonly songs: SongBuffers;
  readonly untrained: SongBuffers | null;
  readonly playlists: StoredPlaylists | null;
  readonly playlistIndex: PlaylistIndex | null;
  readonly cooccurrence: StoredCooccurrence | null;
}

/** Reads the files of a model one after the other. @throws MODEL_DAMAGED with the file named */
export async function readModel(task: ReadTask): Promise<ModelParts> {
  const { folder, manifest } = task;
  const { songs: count, untrainedSongs, outputVectors, hyperparameters } = manifest;

  const songs = await read(songsFile, (file) => readSongs(file, count));
  const untrained = await readAddition(untrainedFile, (file) => readSongs(file, untrainedSongs));
  const playlists = await readAddition(playlistsFile, (file) => readPlaylists(file, count));
  const cooccurrence = await readAddition(cooccurrenceFile, (file) => readCooccurrence(file, count));
  const { memory, shape } = layOutModel(task);
  const place = viewModel(memory, shape);
  const { graph } = place;
  if (graph) await read(indexFile, (file) => readGraph(file, graph, count));
  await readVectorsInto(place, folder, manifest);
  const hasTree = hyperparameters["hs"] === true && outputVectors && count > 1;
  if (hasTree) layOutTree(songs.counts, place);
  const playlistIndex = playlists && indexPlaylists(playlists, count);
  return { memory, shape, hasTree, songs, untrained, playlists, playlistIndex, cooccurrence };

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

/** Memory for a model, with exact vectors and the index where they are wanted and fit. @throws MODEL_DAMAGED where not even bytes fit */
function layOutModel({ folder, manifest, exact, index }: ReadTask): {
  memory: WebAssembly.Memory;
  shape: ModelShape;
} {
  const { songs, vectorSize, outputVectors } = manifest;
  const linksPerSong = index && manifest.index && manifest.files[indexFile] ? 2 * manifest.index.m : 0;
  const shapes = [exact, false].flatMap((kept) =>
    [linksPerSong, 0].map((links) => ({ songs, vectorSize, outputVectors, exact: kept, linksPerSong: links })),
  );
  for (const shape of shapes) {
    const memory = allocateModel(shape);
    if (memory) return { memory, shape };
  }
  throw corruptFile(displayPath(folder, manifestFile), `${songs} vectors of ${vectorSize} do not fit into 4 GiB`);
}

/** Which turn leads to each song and to each inner node, and where each turn leads. */
function layOutTree(counts: Uint32Array, { parentBranches, branchChildren }: ModelMemory): void {
  const { parents, bits } = buildTree(counts);
  const root = parents.length - 1;
  for (let child = 0; child < root; child++) {
    const turn = 2 * (parents[child] ?? 0) + (bits[child] ?? 0);
    parentBranches[child] = turn;
    branchChildren[turn] = child;
  }
}
