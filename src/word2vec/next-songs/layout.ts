import type { Hyperparameters } from "../hyperparameters.ts";
import { addressable, type Plays } from "../kernel/layout.ts";
import { createRandom } from "../random.ts";
import { fillAliasTable } from "../sampling.ts";

export type NextSongSettings = Pick<Hyperparameters, "nextSongSize" | "nextSongEpochs" | "workers" | "seed">;

/** Plays before the next song that count. */
export const depth = 12;
/** Examples of one gradient step, and random songs that they are compared with. */
export const block = 64;
export const negatives = 704;
/** Random songs are drawn in proportion to plays^exponent. */
const exponent = 0.75;
/** The softmax is over cosines / temperature. */
export const temperature = 0.1;
/** The weight of each earlier play is e^(−decay) of the one after it, before training. */
const initialDecay = 0.3;
const initialDeviation = 0.03;

/** Byte addresses in the shared memory of a training. Plain data, because it is sent to the workers. */
export interface NextSongLayout {
  readonly songs: number;
  readonly examples: number;
  readonly stride: number;
  readonly addresses: Readonly<Record<(typeof arrays)[number], number>>;
  readonly cursor: number;
  readonly scratch: number;
  readonly scratchBytes: number;
}

const arrays = ["tokens", "examples", "history", "vectors", "squares", "positions", "aliases", "logDraws"] as const;
const page = 65_536;

/**
 * Lays the data of a training out in shared memory, with random vectors.
 *
 * @returns undefined if no playlist has two songs, or if the data exceeds the 4 GiB that WebAssembly can address
 */
export function prepare(
  { tokens, offsets, counts }: Plays,
  { nextSongSize: stride, workers, seed }: NextSongSettings,
): { memory: WebAssembly.Memory; layout: NextSongLayout } | undefined {
  const examples = offsets.reduce((sum, end, i) => sum + Math.max(0, end - (offsets[i - 1] ?? end) - 1), 0);
  if (examples === 0) return undefined;
  const songs = counts.length;
  let bytes = page;
  const take = (length: number) => {
    const start = bytes;
    bytes += Math.ceil(length / 64) * 64;
    return start;
  };
  const addresses = {
    tokens: take(tokens.length * 4),
    examples: take(examples * 4),
    history: take(tokens.length),
    vectors: take(songs * stride * 4),
    squares: take(songs * 4),
    positions: take(depth * 8),
    aliases: take(songs * 8),
    logDraws: take(songs * 4),
  };
  const scratchBytes = scratchSize(stride);
  const layout = {
    songs,
    examples,
    stride,
    addresses,
    cursor: take(64),
    scratch: take(scratchBytes * workers),
    scratchBytes,
  };
  if (bytes > addressable) return undefined;
  const pages = Math.ceil(bytes / page);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const { buffer } = memory;
  new Uint32Array(buffer, addresses.tokens, tokens.length).set(tokens);
  listExamples(
    offsets,
    new Uint32Array(buffer, addresses.examples, examples),
    new Uint8Array(buffer, addresses.history, tokens.length),
  );
  fillVectors(new Float32Array(buffer, addresses.vectors, songs * stride), seed);
  const positions = new Float32Array(buffer, addresses.positions, 2 * depth);
  for (let n = 0; n < depth; n++) positions[2 * n] = -initialDecay * n;
  fillAliasTable(counts, exponent, new Uint32Array(buffer, addresses.aliases, 2 * songs));
  fillLogDraws(counts, new Float32Array(buffer, addresses.logDraws, songs));
  return { memory, layout };
}

/** Writes the play of each next song, and the number of plays before each play, at most `depth`. */
function listExamples(offsets: Uint32Array, examples: Uint32Array, history: Uint8Array): void {
  let count = 0;
  for (let playlist = 0; playlist + 1 < offsets.length; playlist++) {
    const start = offsets[playlist] as number;
    for (let play = start; play < (offsets[playlist + 1] as number); play++) {
      history[play] = Math.min(depth, play - start);
      if (play > start) examples[count++] = play;
    }
  }
}

/** Normally distributed (Box–Muller). */
function fillVectors(vectors: Float32Array, seed: number): void {
  const random = createRandom(seed, 0x6e78, 0);
  for (let i = 0; i < vectors.length; i++)
    vectors[i] = initialDeviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A block has its next songs, drawn by plays, and random songs, drawn by plays^exponent. */
function fillLogDraws(counts: Uint32Array, logDraws: Float32Array): void {
  const plays = counts.reduce((sum, count) => sum + count, 0);
  const mass = counts.reduce((sum, count) => sum + count ** exponent, 0);
  for (const [row, count] of counts.entries())
    logDraws[row] = Math.log((block * count) / plays + (negatives * count ** exponent) / mass);
}

/** Upper bound of what `reserve` of assembly/next-songs.ts uses; the worker checks it. */
function scratchSize(stride: number): number {
  const n = block + negatives;
  const rows = 2 * block + 2 * n + 1;
  const matrices = (block + 3) * (n + 7) + (n + 3) * (block + 7);
  return Math.ceil((rows * stride * 4 + (matrices + (6 + depth) * block + 7 * n + 2 * depth + 128) * 4) / 64) * 64;
}
