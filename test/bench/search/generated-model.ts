import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type IndexSetting, shouldBuildIndex } from "../../../src/model/format/index-setting.ts";
import { writeModel } from "../../../src/model/format/write-model.ts";
import { openVersions } from "../../../src/model/format/versions.ts";
import { indexVersion } from "../../../src/recommend/index/index-version.ts";
import { createRandom, integerBelow, type Random } from "../../../src/word2vec/random.ts";
import { cell } from "../table.ts";

/** Songs per cluster. */
const clusterSize = 50;

/**
 * Writes a model with songs in clusters. A vector is the sum of a cluster vector and half a song vector, both normally
 * distributed. Input and output vectors are the same. It has an index if training would build one.
 */
export async function writeGeneratedModel(
  dataDir: string,
  songs: number,
  vectorSize: number,
  index: IndexSetting = "scan",
): Promise<void> {
  const matrix = generateVectors(songs, vectorSize);
  const versions = await openVersions(join(dataDir, "models"));
  const staging = await versions.createStaging();
  const manifest = await writeModel(staging, {
    manifest: {
      createdAt: new Date().toISOString(),
      trainedBy: "a benchmark",
      kernel: "none",
      hyperparameters: { vectorSize, hs: false },
      data: {},
      plays: songs * 3,
      lossByEpoch: [],
      seconds: 0,
      songsPerSecond: 0,
    },
    songs: Array.from({ length: songs }, (_, row) => ({
      id: songId(row),
      count: Math.ceil((3 * songs) / (row + 1)),
      title: `Song number ${row}`,
      artist: `Artist ${row % 5000}`,
    })),
    input: matrix,
    output: matrix,
    vectorSize,
    stride: vectorSize,
  });
  if (shouldBuildIndex(manifest, index)) {
    const threads = availableParallelism();
    const { index: built } = await indexVersion(staging, manifest, threads);
    if (built)
      console.log(
        `index of ${cell(songs)} songs: built in ${cell(built.seconds, 1)} s by ${threads} threads, ` +
          `recall@10 ${cell(built.recallAt10, 4)} with ef ${built.efSearch}`,
      );
  }
  await versions.publish(staging);
}

export function songId(row: number): string {
  return String(10_000 + row);
}

/** [songs, vectorSize] */
export function generateVectors(songs: number, vectorSize: number): Float32Array {
  const random = createRandom(1, 2, 3);
  const table = Float32Array.from({ length: 65_536 }, () => gaussian(random));
  const clusters = Math.ceil(songs / clusterSize);
  const matrix = new Float32Array(songs * vectorSize);
  for (let row = 0; row < songs; row++) {
    const centre = (row % clusters) * 31;
    const start = integerBelow(65_536, random);
    for (let i = 0; i < vectorSize; i++) {
      matrix[row * vectorSize + i] =
        (table[(centre + i * (1 + (row % clusters) * 2)) & 65_535] ?? 0) +
        0.5 * (table[(start + i * 7919) & 65_535] ?? 0);
    }
  }
  return matrix;
}

function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
