import { describe, expect, it, vi } from "vitest";
import { type Blend, blendFrom, blendScores, defaultBlend } from "../../../src/recommend/ensemble/blend.ts";
import { blendDataOf, type Blender, createBlender, singleChannels } from "../../../src/recommend/ensemble/blender.ts";
import { openWordScores, type WordScores } from "../../../src/recommend/vectors/word-scores.ts";
import { shelvedModel } from "../shelves.ts";

async function open(): Promise<{ blender: Blender; words: WordScores }> {
  const model = await shelvedModel();
  const data = await blendDataOf(model);
  const words = await openWordScores(model);
  return { blender: await createBlender(data ?? expect.unreachable(), words), words };
}

const terms = [0, 6, 13].map((row) => ({ row, weight: 1 }));
const excluded = [0, 6, 13];

describe("a blend", () => {
  it.each([
    ["default", defaultBlend],
    ...Object.entries(singleChannels),
    ["similarity alone", blendFrom({ similarity: 1 })],
  ] satisfies [string, Blend][])(
    "ranks by what it has weights for as by all that is known: %s",
    async (_name, blend) => {
      const { blender } = await open();
      const all = blender.evidence(terms, excluded);
      const scores = blendScores(all, blend);
      const order = [...all.rows.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b).slice(0, 10);
      const { rows, scores: found } = blender.rank(terms, excluded, 10, blend);
      expect([...rows]).toEqual(order.map((i) => all.rows[i]));
      expect([...found]).toEqual(order.map((i) => Math.fround(scores[i] ?? 0)));
    },
  );

  it("does not ask the vectors for what it has no weight for", async () => {
    const { blender, words } = await open();
    const [contexts, likeness] = [vi.spyOn(words, "contexts"), vi.spyOn(words, "likeness")];
    const asked = (blend: Blend) => {
      contexts.mockClear();
      likeness.mockClear();
      blender.rank(terms, excluded, 10, blend);
      return [contexts.mock.calls.length, likeness.mock.calls.length];
    };
    expect([
      asked(defaultBlend),
      asked(singleChannels.playlists),
      asked(blendFrom({ contextLatest: 1 })),
      asked(blendFrom({ similarity: 1 })),
    ]).toEqual([
      [1, 1],
      [0, 0],
      [1, 0],
      [0, 1],
    ]);
  });
});
