import { describe, expect, it } from "vitest";
import { createBestEpoch } from "../../src/word2vec/best-epoch.ts";
import { ndcg } from "../../src/word2vec/validation.ts";

describe("NDCG@10", () => {
  it.each([
    ["the one song first", [0], 1],
    ["the one song third", [2], 1 / 2],
    ["the one song eleventh", [10], 0],
    ["two songs, first and second", [1, 0], 1],
    ["two songs, first and nowhere", [0, 500], 1 / (1 + 1 / Math.log2(3))],
    ["twelve songs, ten of them first", [11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0], 1],
  ])("%s", (_, above, figure) => {
    expect(ndcg(above)).toBeCloseTo(figure, 12);
  });
});

describe("early stopping", () => {
  /** @returns the final value of a vector that counts epochs, and the saved epochs */
  async function follow(figures: readonly number[], patience: number, epochs = figures.length) {
    const vector = new Float32Array(1);
    const saved: number[] = [];
    const best = createBestEpoch({ patience, epochs }, [vector], {
      save: async ([matrix]) => {
        saved.push(matrix?.[0] ?? Number.NaN);
      },
      restore: async ([matrix]) => {
        matrix?.set([saved.at(-1) ?? Number.NaN]);
      },
    });
    for (const [epoch, figure] of figures.entries()) {
      vector[0] = epoch + 1;
      if (await best.record(figure)) break;
    }
    await best.restore();
    return { epochs: best.figures.length, best: best.epoch, vectors: vector[0], saved };
  }

  it("stops after `patience` figures without improvement, and restores the best epoch", async () => {
    expect(await follow([0.1, 0.3, 0.3, 0.2, 0.9], 2)).toEqual({ epochs: 4, best: 2, vectors: 2, saved: [1, 2] });
  });

  it("continues while figures improve occasionally", async () => {
    expect(await follow([0.1, 0.05, 0.2, 0.1, 0.3], 2)).toEqual({ epochs: 5, best: 5, vectors: 5, saved: [1, 3] });
  });

  it("saves no snapshot of the last epoch", async () => {
    expect(await follow([0.1], 1)).toEqual({ epochs: 1, best: 1, vectors: 1, saved: [] });
  });

  it("restores the best epoch if the training ended before patience ran out", async () => {
    expect(await follow([0.1, 0.3, 0.2], 5)).toEqual({ epochs: 3, best: 2, vectors: 2, saved: [1, 2] });
  });
});
