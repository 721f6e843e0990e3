/** Child process of forked-training.ts: runs one training and sends one result. */
import { buildHuffman } from "../../../src/word2vec/huffman.ts";
import { chooseKernel } from "../../../src/word2vec/kernel/self-test.ts";
import { train } from "../../../src/word2vec/train.ts";
import { forkedTaskSchema } from "./forked-training.ts";
import { readPlays } from "./plays-file.ts";
import { writeVectors } from "../search/vectors.ts";

process.once("disconnect", () => process.exit(1));
process.once("message", (message) => void work(message));

async function work(message: unknown): Promise<void> {
  const { plays: file, hyperparameters, folder } = forkedTaskSchema.parse(message);
  const plays = readPlays(file);
  const { variant } = await chooseKernel(hyperparameters);
  let before = process.cpuUsage();
  const onceLaidOut = async () => {
    before = process.cpuUsage();
  };
  const { input, output, stride, lossByEpoch, seconds, songsPerSecond } = await train({
    plays,
    hyperparameters,
    variant,
    warmStart: onceLaidOut,
  });
  const { user, system } = process.cpuUsage(before);
  const { vectorSize, hs } = hyperparameters;
  if (folder !== undefined) {
    const matrices = {
      input: withoutPadding(input, stride, vectorSize),
      output: withoutPadding(output, stride, vectorSize),
    };
    writeVectors(folder, { vectorSize, ...matrices, ...(hs && { huffman: buildHuffman(plays.counts) }) });
  }
  process.send?.({
    seconds,
    cpuSeconds: (user + system) / 1e6,
    songsPerSecond,
    loss: lossByEpoch.at(-1) ?? null,
    kernel: variant,
  });
  process.removeAllListeners("disconnect");
  process.disconnect();
}

function withoutPadding(matrix: Float32Array, stride: number, vectorSize: number): Float32Array {
  const rows = matrix.length / stride;
  const dense = new Float32Array(rows * vectorSize);
  for (let row = 0; row < rows; row++)
    dense.set(matrix.subarray(row * stride, row * stride + vectorSize), row * vectorSize);
  return dense;
}
