import { buildHuffman } from "../huffman.ts";
import type { Hyperparameters } from "../hyperparameters.ts";
import { createRandom } from "../random.ts";
import { release } from "../release.ts";
import { fillAliasTable, keepThresholds } from "../sampling.ts";
import { float32View, type Layout, type Plays, shapeOf, uint32View } from "./layout.ts";
import { type Budget, planMemory } from "./plan.ts";

export interface PrepareOptions {
  /** Number of held-out cases. */
  readonly cases?: number;
  readonly budget?: Budget;
}

/**
 * Lays out a training in shared memory: plays, tables and initial vectors.
 * @throws TRAINING_TOO_LARGE before the allocation
 */
export function prepare(
  plays: Plays,
  hyperparameters: Hyperparameters,
  allocate: (layout: Layout) => WebAssembly.Memory,
  { cases, budget }: PrepareOptions = {},
): { memory: WebAssembly.Memory; layout: Layout } {
  const huffman = hyperparameters.hs ? buildHuffman(plays.counts) : undefined;
  const layout = planMemory(shapeOf(plays, huffman, cases), hyperparameters, budget);
  const memory = allocate(layout);
  uint32View(memory, layout.tokens, layout.plays).set(plays.tokens);
  uint32View(memory, layout.offsets, layout.playlists + 1).set(plays.offsets);
  uint32View(memory, layout.order, layout.playlists).forEach((_, i, order) => {
    order[i] = i;
  });
  if (huffman) {
    uint32View(memory, layout.paths, huffman.paths.length).set(huffman.paths);
    uint32View(memory, layout.nodes, huffman.nodes.length).set(huffman.nodes);
    release(huffman.paths, huffman.nodes);
  } else fillAliasTable(plays.counts, hyperparameters.nsExponent, uint32View(memory, layout.aliases, 2 * layout.songs));
  if (layout.keep !== 0)
    uint32View(memory, layout.keep, layout.songs).set(keepThresholds(plays.counts, hyperparameters.sample));
  initialise(float32View(memory, layout.input, layout.songs * layout.stride), layout.stride, hyperparameters);
  return { memory, layout };
}

/** Input vectors are uniform in ±1/vectorSize, as in gensim 4; output vectors and padding stay 0. */
function initialise(input: Float32Array, stride: number, { vectorSize, seed }: Hyperparameters): void {
  const random = createRandom(seed, 0x5eed, 0);
  for (let row = 0; row < input.length; row += stride)
    for (let d = 0; d < vectorSize; d++) input[row + d] = (2 * random() - 1) / vectorSize;
}
