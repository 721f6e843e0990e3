import type { Hyperparameters } from '../hyperparameters.ts';
import { createRandom } from '../random.ts';
import { createKernel, type KernelVariant, kernelVariants } from './kernel.ts';
import { allocate, type Plays } from './layout.ts';
import { prepare } from './prepare.ts';

/** Which kernel trains here, and why the faster ones do not. */
export interface KernelChoice {
  readonly variant: KernelVariant;
  readonly refused: readonly { readonly variant: KernelVariant; readonly reason: string }[];
}

const tolerance = 1e-4;

/** The fastest kernel that runs here and agrees with the plain TypeScript one on a small training. */
export async function chooseKernel(candidates: readonly KernelVariant[] = kernelVariants): Promise<KernelChoice> {
  const refused: { variant: KernelVariant; reason: string }[] = [];
  for (const variant of candidates) {
    const reason = await whyNot(variant);
    if (reason === undefined) return { variant, refused };
    refused.push({ variant, reason });
  }
  return { variant: 'typescript', refused };
}

async function whyNot(variant: KernelVariant): Promise<string | undefined> {
  if (variant === 'typescript') return undefined;
  try {
    const difference = await differenceFromReference(variant);
    return difference < tolerance ? undefined : `differs from the reference by ${difference}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function differenceFromReference(variant: KernelVariant): Promise<number> {
  const [tested, reference] = await Promise.all([trainSmall(variant), trainSmall('typescript')]);
  return tested.reduce((most, value, i) => Math.max(most, Number.isFinite(value) ? Math.abs(value - (reference[i] as number)) : Infinity), 0);
}

async function trainSmall(variant: KernelVariant): Promise<Float32Array> {
  const hyperparameters: Hyperparameters = {
    vectorSize: 40, window: 6, shrinkWindows: true, minCount: 1, minPlaylistLength: 1, negative: 9, nsExponent: 0.75,
    sample: 0, alpha: 0.1, minAlpha: 0.1, epochs: 1, seed: 7, workers: 1,
  };
  const plays = smallPlays();
  const { memory, layout } = prepare(plays, hyperparameters, allocate);
  const kernel = await createKernel(variant, memory, layout, hyperparameters, 0);
  kernel.seed(7, 0, 0);
  for (let pass = 0; pass < 3; pass++) kernel.train(0, layout.playlists, 0.1);
  return new Float32Array(memory.buffer, layout.input, 2 * layout.songs * layout.stride).slice();
}

function smallPlays(): Plays {
  const random = createRandom(1, 2, 3);
  const songs = 37;
  const lengths = Array.from({ length: 40 }, (_, i) => 1 + (i % 12));
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, i) => { offsets[i + 1] = (offsets[i] as number) + length; });
  const tokens = Uint32Array.from({ length: offsets[lengths.length] as number }, () => random() % songs);
  const counts = new Uint32Array(songs).fill(1);
  for (const song of tokens) counts[song] = (counts[song] as number) + 1;
  return { tokens, offsets, counts };
}
