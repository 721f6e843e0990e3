/**
 * Speed of the kernel variants: the same plays, one thread, the preset `article` with different objectives.
 *
 *     npm run bench:kernels -- [--repeat 3]
 *
 * 3,000 playlists of 20 songs; alternating runs, medians. Source of `relativeSpeeds` in kernel.ts.
 */
import { parseArgs } from "node:util";
import { resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { type KernelVariant, kernelVariants } from "../../../src/word2vec/kernel/kernel.ts";
import { train } from "../../../src/word2vec/train.ts";
import { groupedPlaylists, toPlays } from "../../helpers/plays.ts";
import { describeMachine } from "../machine.ts";
import { cell, printTable } from "../table.ts";

const { values } = parseArgs({ options: { repeat: { type: "string", default: "3" } } });
const objectives = { "negative sampling": {}, "hierarchical softmax": { hs: true } } as const;
const plays = toPlays(groupedPlaylists({ groups: 100, size: 50, playlists: 3_000, length: 20, seed: 1 }), 5_000);

console.log(describeMachine());
for (const [objective, overrides] of Object.entries(objectives)) {
  const speeds = new Map(kernelVariants.map((variant) => [variant, new Array<number>()]));
  for (let round = 0; round < Number(values.repeat); round++) {
    for (const variant of kernelVariants) {
      const hyperparameters = resolveHyperparameters("article", {
        ...overrides,
        epochs: 8,
        workers: 1,
      });
      speeds.get(variant)?.push((await train({ plays, hyperparameters, variant })).songsPerSecond);
    }
  }
  const median = (variant: KernelVariant) =>
    speeds.get(variant)?.toSorted((a, b) => a - b)[Number(values.repeat) >> 1] ?? Number.NaN;
  console.log(`\n${objective}\n`);
  printTable(
    kernelVariants.map((variant) => ({
      kernel: variant,
      "songs/s": cell(median(variant)),
      "of simd-256": cell(median(variant) / median("simd-256"), 2),
    })),
  );
}
