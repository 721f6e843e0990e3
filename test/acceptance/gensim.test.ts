import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { unescapeId } from "../../src/model/interchange/id-escapes.ts";
import { openVersions } from "../../src/model/format/versions.ts";
import { createRecommender, type Recommender } from "../../src/recommend/query/recommender.ts";
import { createRandom, integerBelow } from "../../src/word2vec/random.ts";
import { gensimVersion } from "../bench/training/gensim.ts";
import { runCommand } from "../helpers/process.ts";
import { hostileIds } from "../helpers/playlists.ts";
import { publishModel, temporaryFolder } from "../model/small-models.ts";
import { loadVersion } from "../../src/model/loading/load.ts";

/** Between a cosine of gensim and one of ours. */
const tolerance = 1e-5;

const script = fileURLToPath(new URL("gensim-vectors.py", import.meta.url));
const ids = [
  ...hostileIds,
  "tab\tbed",
  "line\nend",
  "\n",
  " ",
  "100%",
  "100%20",
  "\u00a0",
  "wide\u3000blank",
  "\x1c",
  "=1+1",
  "</s>",
  "\ud800",
  ...Array.from({ length: 40 }, (_, i) => `${i}`),
];

const scored = z.array(z.tuple([z.string(), z.number()]));
const answerSchema = z.object({
  ids: z.array(z.string()),
  neighbours: z.array(scored),
  counts: z.array(z.number()).optional(),
  context: z.array(z.string()).optional(),
  predicted: scored.optional(),
});

function runGensim(...args: string[]): z.infer<typeof answerSchema> {
  const { status, stdout, stderr } = spawnSync("/usr/bin/python3", [script, ...args], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  expect(status, stderr).toBe(0);
  return answerSchema.parse(JSON.parse(stdout));
}

/** Every cosine of every song with every other, by both. */
async function expectSameNeighbours(
  recommender: Recommender,
  { ids: keys, neighbours }: z.infer<typeof answerSchema>,
  idOf: (key: string) => string,
): Promise<void> {
  for (const [row, key] of keys.entries()) {
    const theirs = new Map(neighbours[row]?.map(([other, score]) => [idOf(other), score]));
    const { items } = await recommender.similar(idOf(key), { limit: keys.length });
    expect(items.map(({ songId }) => songId)).toEqual([...theirs.keys()]);
    for (const { songId, score } of items)
      expect(Math.abs(score - (theirs.get(songId) ?? Number.NaN))).toBeLessThan(tolerance);
  }
}

async function run(...args: string[]) {
  const { code, output, errors } = await runCommand([...args, "--json"]);
  expect(code, errors).toBe(0);
  return JSON.parse(output);
}

const gensim = gensimVersion();

describe.skipIf(gensim === undefined)(`gensim ${gensim}`, () => {
  it.each(["binary", "text"])("loads a %s export, whatever the ids, and finds the same neighbours", async (kind) => {
    const dataDir = await temporaryFolder();
    const versions = await openVersions(join(dataDir, "models"));
    const random = createRandom(1, 2, 3);
    const songs = ids.map((id, row) => ({ id, count: 1000 - row }));
    await publishModel(versions, {
      songs,
      input: ids.map(() => Array.from({ length: 24 }, () => 2 * random() - 1)),
    });
    const [file, counts] = [join(dataDir, "vectors"), join(dataDir, "counts")];
    await run("export", "--data-dir", dataDir, "--format", `word2vec-${kind}`, "--output", file, "--counts", counts);

    const result = runGensim("load", file, kind, counts);
    expect(result.ids.map(unescapeId)).toEqual(ids);
    expect(result.counts).toEqual(songs.map(({ count }) => count));
    await expectSameNeighbours(await createRecommender(await loadVersion(versions, 1)), result, unescapeId);
  });

  it.each(["binary", "text"])(
    "trains a model, and its %s files serve here with the same neighbours and the same predictions",
    async (kind) => {
      const dataDir = await temporaryFolder();
      const folder = join(dataDir, "gensim");
      await mkdir(folder);
      const names = [
        "🎵🎶",
        "노래",
        "__proto__",
        "%2f",
        "constructor",
        ...Array.from({ length: 40 }, (_, i) => `${1000 + i}`),
        ...(kind === "text" ? ["two words", "a b c"] : []),
      ];
      const random = createRandom(4, 5, 6);
      const playlists = Array.from({ length: 300 }, (_, list) =>
        Array.from({ length: 8 }, () => names[integerBelow(12, random) + (list % 3) * 16] ?? names[0]),
      );
      await writeFile(join(folder, "playlists.json"), JSON.stringify(playlists));

      const result = runGensim("train", folder);
      const outputs = ["--outputs", join(folder, `${kind}-outputs`)];
      const arguments_ = ["import", "--data-dir", dataDir, "--vectors", join(folder, kind), "--ids", "plain"];
      expect(await run(...arguments_)).toMatchObject({ version: 1, format: `word2vec-${kind}`, outputVectors: false });
      const counts = kind === "binary" ? ["--counts", join(folder, "vocabulary")] : [];
      expect(await run(...arguments_, ...outputs, ...counts)).toMatchObject({
        version: 2,
        outputVectors: true,
        plays: kind === "binary" ? 2400 : 0,
      });

      const versions = await openVersions(join(dataDir, "models"));
      for (const version of [1, 2])
        await expectSameNeighbours(await createRecommender(await loadVersion(versions, version)), result, (key) => key);
      const { context = [], predicted = [] } = result;
      const recommender = await createRecommender(await loadVersion(versions, 2));
      const { items } = await recommender.recommend({
        songs: context.map((songId) => ({ songId, weight: 1 })),
        strategy: "context",
        limit: result.ids.length,
      });
      const theirs = new Map(predicted.map(([song, share]) => [song, Math.log(share)]));
      const offset = (items[0]?.score ?? Number.NaN) - (theirs.get(items[0]?.songId ?? "") ?? Number.NaN);
      expect(items.map(({ songId }) => songId)).toEqual([...theirs.keys()].filter((song) => !context.includes(song)));
      for (const { songId, score } of items)
        expect(Math.abs(score - (theirs.get(songId) ?? Number.NaN) - offset)).toBeLessThan(tolerance);
    },
  );
});
