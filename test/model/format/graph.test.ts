import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createRandom } from "../../../src/word2vec/random.ts";
import { type Graph, layerSizes, noLink, upperLayersSize } from "../../../src/model/format/graph.ts";
import { addIndex, writeModel } from "../../../src/model/format/write-model.ts";
import { encodeWithChecksum } from "../../../src/model/format/checksummed-json.ts";
import type { Versions } from "../../../src/model/format/versions.ts";
import { contentOf, publishWith } from "../small-models.ts";
import { loadVersion } from "../../../src/model/loading/load.ts";

const songs = 300;
const metadata = { kind: "hnsw", m: 2, efConstruction: 10, efSearch: 10, recallAt10: 1, seconds: 0 } as const;

/** A version with a random index: 300 songs, 18 in the layer above, and one in the layer above that. */
async function withIndex(
  change: (graph: { -readonly [part in keyof Graph]: Graph[part] }) => void = () => {},
): Promise<{ versions: Versions; graph: Graph }> {
  const random = createRandom(1);
  const graph = {
    links: Uint32Array.from({ length: songs * 4 }, (_, i) => (i % 4 === 3 ? noLink : Math.floor(random() * songs))),
    upper: new Uint32Array(upperLayersSize(songs) * 4).fill(noLink),
    entry: Uint32Array.of(5),
  };
  change(graph);
  const content = contentOf({
    songs: Array.from({ length: songs }, (_, row) => ({ id: `${row}`, count: 1 })),
    input: Array.from({ length: songs }, () => [random(), 1]),
  });
  const { versions } = await publishWith(async (staging) =>
    addIndex(staging, await writeModel(staging, content), graph, metadata),
  );
  return { versions, graph };
}

const threads = [false, true];

describe("the index of a version", () => {
  it("is loaded as it was written, with or without a thread", async () => {
    const { versions, graph } = await withIndex();
    for (const thread of threads) {
      for (const exact of [true, false]) {
        const model = await loadVersion(versions, 1, { index: "auto", thread, exact });
        for (const part of ["links", "upper", "entry"] as const)
          expect([...(model.graph?.[part] ?? [])]).toEqual([...graph[part]]);
        expect(model.manifest.index).toEqual(metadata);
      }
    }
  });

  it("has layers with a sixteenth of the songs of the layer below", () => {
    expect(layerSizes(1_000_000)).toEqual([62_500, 3906, 244, 15]);
    expect(layerSizes(300)).toEqual([18, 1]);
    expect(layerSizes(15)).toEqual([]);
  });

  it("is rejected if efSearch exceeds its maximum, with the file named", async () => {
    const { versions } = await withIndex();
    const { folder, manifest } = await versions.find(1);
    await writeFile(
      join(folder, "model.json"),
      encodeWithChecksum({ ...manifest, index: { ...metadata, efSearch: 100_000 } }),
    );
    await expect(loadVersion(versions, 1)).rejects.toMatchObject({
      code: "MODEL_DAMAGED",
      params: { file: "models/1/model.json" },
    });
  });

  it.each<[string, Parameters<typeof withIndex>[0]]>([
    ["a link to a row that does not exist", (graph) => void (graph.links[700] = songs)],
    ["a link far out of range", (graph) => void (graph.links[0] = noLink - 1)],
    ["a link of an upper layer to a row that is not in it", (graph) => void (graph.upper[3] = 18 * 16)],
    ["a link of the top layer to a row that is not in it", (graph) => void (graph.upper[18 * 4] = 256)],
    ["an entry point that is not in the top layer", (graph) => void (graph.entry[0] = 256)],
    ["links of too few songs", (graph) => void (graph.links = graph.links.subarray(0, -songs))],
    ["too few upper layers", (graph) => void (graph.upper = graph.upper.subarray(4))],
  ])("is rejected with %s, with the file named", async (_, change) => {
    const { versions } = await withIndex(change);
    for (const thread of threads)
      await expect(loadVersion(versions, 1, { index: "auto", thread })).rejects.toMatchObject({
        code: "MODEL_DAMAGED",
        params: { file: "models/1/index.safetensors" },
      });
    expect((await loadVersion(versions, 1)).graph).toBeNull();
  });
});
