import { describe, expect, it, vi } from "vitest";
import { type Blend, blendFrom, defaultBlend, weightedSums } from "../../../src/recommend/ensemble/blend.ts";
import { blendDataOf, type Blender, createBlender, singleFeatures } from "../../../src/recommend/ensemble/blender.ts";
import { type FeatureName, featureCount, featureNames } from "../../../src/recommend/ensemble/features.ts";
import { openVectorScores, type VectorScores } from "../../../src/recommend/vectors/vector-scores.ts";
import { nextSongsOf } from "../../model/small-models.ts";
import { clusters, clusterSize, loadClusteredModel } from "../clustered-model.ts";

async function open(nextSongs = true): Promise<{ blender: Blender; vectors: VectorScores }> {
  const model = await loadClusteredModel(nextSongs ? nextSongsOf(clusters * clusterSize, 64) : undefined);
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
    ["next songs alone", blendFrom({ nextSong: 1 })],
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
    const spies = (["contextScores", "similarityScores", "nextSongScores"] as const).map((name) =>
      vi.spyOn(vectors, name),
    );
    const query = (blend: Blend) => {
      for (const spy of spies) spy.mockClear();
      blender.rank(terms, excluded, 10, blend);
      return spies.map(({ mock }) => mock.calls.length);
    };
    expect([
      query(defaultBlend),
      query(singleFeatures.playlists),
      query(blendFrom({ contextLatest: 1 })),
      query(blendFrom({ similarity: 1 })),
      query(blendFrom({ nextSong: 1 })),
    ]).toEqual([
      [1, 1, 1],
      [0, 0, 0],
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
  });

  it("has cosines of next-song vectors, relative to their mean and divided by 0.1; 0 for a model without them", async () => {
    const { blender, vectors } = await open();
    const candidates = vi.spyOn(vectors, "nextSongCandidates");
    const column = ({ values }: { values: Float32Array }, name: FeatureName) =>
      values.filter((_, i) => i % featureCount === featureNames.indexOf(name));
    const features = blender.extractFeatures(terms, excluded);
    const query = vectors.nextSongQuery(terms) ?? expect.unreachable();
    expect(candidates.mock.calls).toEqual([[query, 64, excluded]]);
    expect(new Set(candidates.mock.results[0]?.value).isSubsetOf(new Set(features.rows))).toBe(true);
    const cosines = [...vectors.nextSongScores(query, features.rows)];
    const mean = cosines.reduce((sum, score) => sum + score, 0) / cosines.length;
    for (const [i, value] of column(features, "nextSong").entries())
      expect(value).toBeCloseTo(((cosines[i] ?? 0) - mean) / 0.1, 4);
    const without = (await open(false)).blender.extractFeatures(terms, excluded);
    expect(new Set(column(without, "nextSong"))).toEqual(new Set([0]));
  });
});
