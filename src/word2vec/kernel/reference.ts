import type { Hyperparameters } from '../hyperparameters.ts';
import { below, createRandom, type Random } from '../random.ts';
import type { Kernel } from './kernel.ts';
import { floats, type Layout, words } from './layout.ts';

/**
 * Skip-gram with negative sampling in plain TypeScript: the oracle of the compiled kernels, and what trains where
 * WebAssembly has no SIMD.
 *
 * A window has C context songs with input vectors x_i, and n outputs y_j: the centre (label 1) and its negatives
 * (label 0), drawn once for the whole window (Ji et al. 2016, arXiv 1604.04661). With s_ij = x_i · y_j it descends
 *
 *     L = Σ_i [ −log σ(s_i0) − Σ_{j>0} log σ(−s_ij) ],   ∂L/∂s_ij = σ(s_ij) − label_j
 *
 * where |s_ij| < 6 (word2vec.c and gensim leave surer pairs alone, which bounds the vectors), from the old values of
 * x and y: x_i −= rate·Σ_j ∂_ij y_j and y_j −= rate·Σ_i ∂_ij x_i.
 */
export function createReferenceKernel(memory: WebAssembly.Memory, layout: Layout, hyperparameters: Hyperparameters): Kernel {
  const { window, shrinkWindows, negative, vectorSize } = hyperparameters;
  const { stride } = layout;
  const tokens = words(memory, layout.tokens, layout.plays);
  const offsets = words(memory, layout.offsets, layout.playlists + 1);
  const order = words(memory, layout.order, layout.playlists);
  const aliases = words(memory, layout.aliases, layout.songs * 2);
  const keep = layout.keep === 0 ? undefined : words(memory, layout.keep, layout.songs);
  const input = floats(memory, layout.input, layout.songs * stride);
  const output = floats(memory, layout.output, layout.songs * stride);
  const kept = new Uint32Array(layout.longestPlaylist);
  const contexts = new Uint32Array(2 * window);
  const outputs = new Uint32Array(negative + 1);
  const before = new Float32Array(2 * window * vectorSize);
  const gradients = new Float64Array(2 * window * (negative + 1));
  let random: Random = createRandom(0, 0, 0);
  let loss = 0;
  let pairs = 0;

  function train(first: number, last: number, rate: number): void {
    for (let i = first; i < last; i++) {
      const playlist = order[i] as number;
      const length = subsample(offsets[playlist] as number, offsets[playlist + 1] as number);
      for (let centre = 0; centre < length; centre++) {
        const span = shrinkWindows ? window - below(random, window) : window;
        trainWindow(centre, Math.max(0, centre - span), Math.min(length, centre + span + 1), rate);
      }
    }
  }

  function subsample(start: number, end: number): number {
    let length = 0;
    for (let i = start; i < end; i++) {
      const song = tokens[i] as number;
      if (keep && (keep[song] as number) < random()) continue;
      kept[length++] = song;
    }
    return length;
  }

  function trainWindow(centre: number, low: number, high: number, rate: number): void {
    let c = 0;
    for (let position = low; position < high; position++) if (position !== centre) contexts[c++] = (kept[position] as number) * stride;
    if (c === 0) return;
    const n = drawOutputs(kept[centre] as number);
    for (let i = 0; i < c; i++) before.set(input.subarray(contexts[i] as number, (contexts[i] as number) + vectorSize), i * vectorSize);
    for (let i = 0; i < c; i++) for (let j = 0; j < n; j++) gradients[i * n + j] = gradient(i, j) * rate;
    pairs += c;
    for (let i = 0; i < c; i++) for (let j = 0; j < n; j++) add(input, contexts[i] as number, gradients[i * n + j] as number, output, outputs[j] as number);
    for (let j = 0; j < n; j++) for (let i = 0; i < c; i++) add(output, outputs[j] as number, gradients[i * n + j] as number, before, i * vectorSize);
  }

  function drawOutputs(song: number): number {
    outputs[0] = song * stride;
    let n = 1;
    for (let i = 0; i < negative; i++) {
      const entry = below(random, layout.songs);
      const drawn = random() < (aliases[2 * entry] as number) ? entry : (aliases[2 * entry + 1] as number);
      if (drawn !== song) outputs[n++] = drawn * stride;
    }
    return n;
  }

  function gradient(i: number, j: number): number {
    let s = 0;
    const y = outputs[j] as number;
    for (let d = 0; d < vectorSize; d++) s += (before[i * vectorSize + d] as number) * (output[y + d] as number);
    loss += Math.max(s, 0) + Math.log1p(Math.exp(-Math.abs(s))) - (j === 0 ? s : 0);
    return Math.abs(s) < 6 ? (j === 0 ? 1 : 0) - 1 / (1 + Math.exp(-s)) : 0;
  }

  function add(target: Float32Array, to: number, weight: number, source: Float32Array, from: number): void {
    for (let d = 0; d < vectorSize; d++) target[to + d] = (target[to + d] as number) + weight * (source[from + d] as number);
  }

  return {
    variant: 'typescript',
    seed: (seed, worker, epoch) => {
      random = createRandom(seed, worker, epoch);
    },
    train,
    takeLoss: () => {
      const taken = { loss, pairs };
      loss = 0;
      pairs = 0;
      return taken;
    },
  };
}
