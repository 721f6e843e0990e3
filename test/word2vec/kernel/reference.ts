import type { Hyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import type { Kernel } from "../../../src/word2vec/kernel/kernel.ts";
import { float32View, type Layout, uint32View } from "../../../src/word2vec/kernel/layout.ts";
import { longestPath, positions, segment, stepShape } from "../../../src/word2vec/kernel/step-shape.ts";
import { createRandom, integerBelow, type Random } from "../../../src/word2vec/random.ts";
import { addVector, createStep, type StepOperands, occurrencesOf } from "./reference-step.ts";

/** Maximum number of context positions that are compared with each other. */
const compared = 256;

/**
 * Training in plain TypeScript, the reference of the compiled kernels. Assembles the operands of the steps of
 * reference-step.ts:
 *
 * - Inputs: with skip-gram the vectors of the context songs; with CBOW the mean or sum of them for each centre.
 * - Outputs: with negative sampling the centres (label 1) and negatives drawn once per step (Ji et al. 2016, arXiv
 *   1604.04661), that is, per window or per block of adjacent centres, from a pool that is gradually replaced. With
 *   hierarchical softmax the inner nodes on the path to the centre, with label 1 for branch 0.
 * - Weights: 1 for the pairs of an input with the centres in whose window it is. For a negative the number of these
 *   pairs, times `negative` / negatives drawn; 0 otherwise.
 */
export function createReferenceKernel(
  memory: WebAssembly.Memory,
  layout: Layout,
  hyperparameters: Hyperparameters,
): Kernel {
  const { vectorSize, sg, cbowMean } = hyperparameters;
  const { block, negatives, pool, renewed, negativeWeight, windowSize, shrink, damped } = stepShape(hyperparameters);
  const { stride, songs } = layout;
  const tokens = uint32View(memory, layout.tokens, layout.plays);
  const offsets = uint32View(memory, layout.offsets, layout.playlists + 1);
  const order = uint32View(memory, layout.order, layout.playlists);
  const aliases = uint32View(memory, layout.aliases, layout.aliases === 0 ? 0 : songs * 2);
  const keep = layout.keep === 0 ? undefined : uint32View(memory, layout.keep, songs);
  const paths = layout.paths === 0 ? undefined : uint32View(memory, layout.paths, songs + 1);
  const nodes = uint32View(memory, layout.nodes, paths?.[songs] ?? 0);
  const input = float32View(memory, layout.input, songs * stride);
  const output = float32View(memory, layout.output, songs * stride);
  const kept = new Uint32Array(layout.longestPlaylist);
  const spans = new Uint32Array(segment);

  const widest = Math.ceil(Math.max(block + negatives, longestPath) / 4) * 4;
  const contexts = new Uint32Array(positions);
  const operands: StepOperands = {
    inputs: new Float32Array(positions * vectorSize),
    gains: new Float32Array(positions * vectorSize),
    outputs: new Uint32Array(widest),
    labels: new Uint8Array(widest),
    weights: new Float64Array(positions * widest),
    feedback: new Float64Array(positions).fill(1),
  };
  const { inputs, gains, outputs, labels, weights, feedback } = operands;
  const takeStep = createStep(operands, output, vectorSize);
  const pooled = new Uint32Array(pool);
  let oldest = 0;
  let walk = 0;
  let random: Random = createRandom(0, 0, 0);
  let loss = 0;
  let pairs = 0;

  function train(first: number, last: number, rate: number): void {
    for (let i = first; i < last; i++) {
      const length = takePlaylist(order[i] as number);
      if (length < 2) continue;
      if (sg) trainSkipGram(length, rate);
      else trainCbow(length, rate);
    }
  }

  function takePlaylist(playlist: number): number {
    let length = 0;
    for (let i = offsets[playlist] as number; i < (offsets[playlist + 1] as number); i++) {
      const song = tokens[i] as number;
      if (keep && (keep[song] as number) < 2 ** 32 * random()) continue;
      kept[length++] = song;
    }
    return length;
  }

  function drawSpan(length: number): number {
    return Math.min(shrink ? windowSize - integerBelow(windowSize, random) : windowSize, length);
  }

  function trainSkipGram(length: number, rate: number): void {
    for (let from = 0; from < length; from += segment) {
      const to = Math.min(from + segment, length);
      let low = length;
      let high = 0;
      for (let centre = from; centre < to; centre++) {
        const span = drawSpan(length);
        spans[centre - from] = span;
        low = Math.min(low, Math.max(0, centre - span));
        high = Math.max(high, Math.min(length, centre + span + 1));
      }
      for (; low < high; low += positions)
        for (let first = from; first < to; first += block)
          trainWindows(first, Math.min(first + block, to), from, low, Math.min(low + positions, high), rate);
    }
  }

  /** The centres [first, last) with the contexts in [low, high). */
  function trainWindows(first: number, last: number, from: number, low: number, high: number, rate: number): void {
    let c = 0;
    let positives = 0;
    for (let position = low; position < high; position++) {
      let m = 0;
      for (let centre = first; centre < last; centre++) {
        const distance = Math.abs(position - centre);
        const pair = distance !== 0 && distance <= (spans[centre - from] as number);
        weights[c * widest + centre - first] = pair ? 1 : 0;
        if (pair) m++;
      }
      if (m === 0) continue;
      weights.fill(m, c * widest + last - first, (c + 1) * widest);
      contexts[c] = kept[position] as number;
      inputs.set(vector(input, kept[position] as number), c * vectorSize);
      positives += m;
      c++;
    }
    if (c === 0) return;
    if (damped) for (let i = 0; i < c; i++) feedback[i] = occurrencesOf(contexts, i, c);
    const n = takeOutputs(first, last);
    if (paths) weights.fill(1);
    else weighNegatives(c, last - first, n);
    step(c, n, positives, rate);
    for (let i = 0; i < c; i++)
      addVector(input, (contexts[i] as number) * stride, 1, gains, i * vectorSize, vectorSize);
  }

  function trainCbow(length: number, rate: number): void {
    for (let first = 0; first < length; first += block) {
      const last = Math.min(first + block, length);
      const c = last - first;
      for (let i = 0; i < c; i++) {
        spans[i] = drawSpan(length);
        inputs.fill(0, i * vectorSize, (i + 1) * vectorSize);
        forContext(first + i, spans[i] as number, length, (song, count) =>
          addVector(inputs, i * vectorSize, cbowMean ? 1 / count : 1, input, song * stride, vectorSize),
        );
        if (damped) feedback[i] = feedbackOf(first + i, spans[i] as number, length);
        for (let j = 0; j < widest; j++) weights[i * widest + j] = paths || i === j || j >= c ? 1 : 0;
      }
      const n = takeOutputs(first, last);
      if (!paths) weighNegatives(c, c, n);
      step(c, n, c, rate);
      for (let i = 0; i < c; i++)
        forContext(first + i, spans[i] as number, length, (song, count) =>
          addVector(input, song * stride, cbowMean ? 1 : 1 / count, gains, i * vectorSize, vectorSize),
        );
    }
  }

  /** See assembly/cbow.ts. */
  function feedbackOf(centre: number, span: number, length: number): number {
    const contextSize = Math.min(length, centre + span + 1) - Math.max(0, centre - span) - 1;
    const songs: number[] = [];
    forContext(centre, Math.min(span, compared / 2), length, (song) => songs.push(song));
    const same = songs.reduce((sum, song) => sum + songs.filter((other) => other === song).length, 0);
    return songs.length === 0 ? 1 : (same * contextSize) / songs.length ** 2;
  }

  function forContext(
    centre: number,
    span: number,
    length: number,
    visit: (song: number, count: number) => void,
  ): void {
    const low = Math.max(0, centre - span);
    const high = Math.min(length, centre + span + 1);
    for (let position = low; position < high; position++)
      if (position !== centre) visit(kept[position] as number, high - low - 1);
  }

  function weighNegatives(c: number, centres: number, n: number): void {
    for (let i = 0; i < c; i++)
      for (let j = centres; j < n; j++) weights[i * widest + j] = (weights[i * widest + j] as number) * negativeWeight;
  }

  function takeOutputs(first: number, last: number): number {
    let n = 0;
    const put = (row: number, label: number) => {
      outputs[n] = row * stride;
      labels[n++] = label;
    };
    if (paths) {
      const song = kept[first] as number;
      for (const node of nodes.subarray(paths[song], paths[song + 1])) put(node >>> 1, 1 - (node & 1));
      return n;
    }
    for (let centre = first; centre < last; centre++) put(kept[centre] as number, 1);
    renewPool(renewed);
    for (let i = 0; i < negatives; i++) {
      const drawn =
        pool === 0
          ? songFrom(integerBelow(songs, random), 2 ** 32 * random())
          : (pooled[integerBelow(pool, random)] as number);
      if (!outputs.subarray(0, last - first).includes(drawn * stride)) put(drawn, 0);
    }
    return n;
  }

  function songFrom(entry: number, chance: number): number {
    return chance < (aliases[2 * entry] as number) ? entry : (aliases[2 * entry + 1] as number);
  }

  function renewPool(n: number): void {
    for (let i = 0; i < n; i++) {
      walk = (walk + 0x9e3779b9) >>> 0;
      pooled[oldest] = songFrom(Math.floor((walk * songs) / 2 ** 32), Math.imul(walk, songs) >>> 0);
      oldest = (oldest + 1) % pool;
    }
  }

  function step(c: number, n: number, positives: number, rate: number): void {
    loss += takeStep(c, n, damped, rate);
    pairs += positives;
  }

  function vector(matrix: Float32Array, row: number): Float32Array {
    return matrix.subarray(row * stride, row * stride + vectorSize);
  }

  return {
    seed: (seed, worker, epoch) => {
      random = createRandom(seed, worker, epoch);
      oldest = 0;
      walk = 2 ** 32 * random();
      renewPool(pool);
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
