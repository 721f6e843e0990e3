import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { onTestFinished } from "vitest";
import type { Model } from "../../src/model/model.ts";
import type { ManifestInput } from "../../src/model/format/manifest.ts";
import type { StoredNextSongs } from "../../src/model/format/next-songs.ts";
import { addNextSongs, type ModelContent, writeModel } from "../../src/model/format/write-model.ts";
import type { Song } from "../../src/model/format/songs.ts";
import { openVersions, type Versions } from "../../src/model/format/versions.ts";
import { type LoadOptions, loadVersion } from "../../src/model/loading/load.ts";

export interface SmallModel {
  readonly songs: readonly Song[];
  /** One vector per song */
  readonly input: readonly (readonly number[])[];
  /** Songs of the catalogue without a vector */
  readonly untrained?: readonly Song[];
  /** `input` by default; null: no output vectors */
  readonly output?: readonly (readonly number[])[] | null;
  readonly manifest?: Partial<ManifestInput>;
  readonly nextSongs?: StoredNextSongs & { readonly vectors: Float32Array };
}

const unusualTexts =
  "%2f|%20|100%|=1+1|1 2 3|1|-0.5|a b|a/b|../..|__proto__|constructor|" +
  ' |\n|\t|\0|"|\\|\u00a0|\u2028|\ud800|노래|מוזיקה|👩‍🎤';
/** For ids, titles and columns. */
export const anyText = fc.oneof(
  fc.constantFrom(...unusualTexts.split("|")),
  fc.string({ unit: "binary", minLength: 1 }),
  fc.string({ unit: "grapheme", minLength: 1 }),
);

/** Four songs with vectors of two dimensions. */
export const fourSongs: SmallModel = {
  songs: [
    { id: "a", count: 40, title: "Alpha", artist: "The As" },
    { id: "b", count: 30, title: "Beta" },
    { id: "c", count: 20 },
    { id: "d", count: 10 },
  ],
  input: [
    [1, 0],
    [0.6, 0.8],
    [0, 1],
    [-1, 0],
  ],
  output: [
    [0, 1],
    [1, 1],
    [2, 0],
    [0, -1],
  ],
};

/** Next-song vectors of different lengths, with three positions. */
export function nextSongsOf(songs: number, size: number) {
  const vectors = Float32Array.from(
    { length: songs * size },
    (_, i) => Math.sin(i * i) * (1 + (i % (size + 1)) / size),
  );
  return { vectors, size, positions: Float32Array.of(1, 0.5, -0.25) };
}

export function contentOf({ songs, untrained, input, output = input, manifest }: SmallModel): ModelContent {
  const vectorSize = input[0]?.length ?? 1;
  const stride = Math.ceil(vectorSize / 16) * 16;
  const matrix = (rows: readonly (readonly number[])[]) => {
    const values = new Float32Array(songs.length * stride).fill(Number.NaN);
    rows.forEach((row, i) => values.set(row, i * stride));
    return values;
  };
  return {
    manifest: {
      createdAt: "2026-01-02T03:04:05.678Z",
      trainedBy: "song2vec 0.1.0",
      kernel: "typescript", // a former kernel; its versions still load
      hyperparameters: { vectorSize, minAlpha: 1e-7 },
      data: { files: ["playlists.csv"] },
      plays: songs.reduce((sum, { count }) => sum + count, 0),
      lossByEpoch: [2.5, 1.25],
      validationByEpoch: [0.1, 0.2],
      bestEpoch: 2,
      predictedMemoryMB: 110,
      peakMemoryMB: 108,
      seconds: 0.5,
      songsPerSecond: 1000,
      ...manifest,
    },
    songs,
    ...(untrained && { untrained }),
    input: matrix(input),
    output: output && matrix(output),
    vectorSize,
    stride,
  };
}

/** Creates a directory that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "song2vec-model-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function publishModel(versions: Versions, model: SmallModel): Promise<number> {
  const staging = await versions.createStaging();
  await writeSmallModel(staging, model);
  return versions.publish(staging);
}

async function writeSmallModel(staging: string, model: SmallModel): Promise<void> {
  const manifest = await writeModel(staging, contentOf(model));
  if (model.nextSongs) await addNextSongs(staging, manifest, model.nextSongs);
}

/** Publishes version 1 in a new models folder. */
export async function publishedModel(model: SmallModel = fourSongs): Promise<{ versions: Versions; folder: string }> {
  return publishWith((staging) => writeSmallModel(staging, model));
}

/** Publishes version 1, written by `write`, in a new models folder. */
export async function publishWith<T>(
  write: (staging: string) => Promise<T>,
): Promise<{ versions: Versions; folder: string; written: T }> {
  const folder = join(await temporaryFolder(), "models");
  const versions = await openVersions(folder);
  const staging = await versions.createStaging();
  const written = await write(staging);
  await versions.publish(staging);
  return { versions, folder, written };
}

/** Writes a model to disk and loads it. */
export async function loadedModel(model: SmallModel = fourSongs, options?: LoadOptions): Promise<Model> {
  const { versions } = await publishedModel(model);
  return loadVersion(versions, 1, options);
}
