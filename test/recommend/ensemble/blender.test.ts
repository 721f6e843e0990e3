import { describe, expect, it, vi } from "vitest";
import { type Blend, blendFrom, defaultBlend, weightedSums } from "../../../src/recommend/ensemble/blend.ts";
import { blendDataOf, type Blender, createBlender, singleFeatures } from "../../../src/recommend/ensemble/blender.ts";
import { openVectorScores, type VectorScores } from "../../../src/recommend/vectors/vector-scores.ts";
import { loadClusteredModel } from "../clustered-model.ts";

async function open(): Promise<{ blender: Blender; vectors: VectorScores }> {
  const model = await loadClusteredModel();
  const data = blendDataOf(model);
  const vectors = await openVectorScores(model);
  return { blender: await createBlender(data ?? expect.unreachable(), vectors), vectors };
}

const terms = [0, 6, 13].map((row) => ({ row, weight: 1 }));
const excluded = [0, 6, 13];

describe("a blend", () => {
  it.each([
    ["default", defaultBlend],
    ...Object.entries(singleFeatures),
    ["similarity alone", blendFrom({ similarity: 1 })],
  ] satisfies [string, Blend][])(
    "ranks the same whether or not features without weight are computed: %s",
    async (_name, blend) => {
      const { blender } = await open();
      const all = blender.extractFeatures(terms, excluded);
      const scores = weightedSums(all, blend);
      const order = [...all.rows.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b).slice(0, 10);
      const { rows, scores: found } = blender.rank(terms, excluded, 10, blend);
      expect([...rows]).toEqual(order.map((i) => all.rows[i]));
      expect([...found]).toEqual(order.map((i) => Math.fround(scores[i] ?? 0)));
    },
  );

  it("does not compute vector features without weight", async () => {
    const { blender, vectors } = await open();
    const [context, similarity] = [vi.spyOn(vectors, "contextScores"), vi.spyOn(vectors, "similarityScores")];
    const query = (blend: Blend) => {
      context.mockClear();
      similarity.mockClear();
      blender.rank(terms, excluded, 10, blend);
      return [context.mock.calls.length, similarity.mock.calls.length];
    };
    expect([
      query(defaultBlend),
      query(singleFeatures.playlists),
      query(blendFrom({ contextLatest: 1 })),
      query(blendFrom({ similarity: 1 })),
    ]).toEqual([
      [1, 1],
      [0, 0],
      [1, 0],
      [0, 1],
    ]);
  });
});
