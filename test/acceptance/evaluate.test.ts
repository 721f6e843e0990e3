import { integerBelow } from "../../src/word2vec/random.ts";
import { readFile, writeFile } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import { buildTestCases } from "../../src/evaluate/test-cases.ts";
import { createRandom } from "../../src/word2vec/random.ts";
import { createDataDirectory } from "../helpers/built-service.ts";
import { useFolder } from "../helpers/folder.ts";
import { request } from "../helpers/http.ts";
import { runCommand } from "../helpers/process.ts";
import { listsCsv } from "../helpers/ring-playlists.ts";

const at = useFolder();

const walks = new Map<string, string[]>();

/** Walks along one of five rings of 30 songs; some songs of the test are not known, and one of its playlists neither. */
beforeAll(async () => {
  const random = createRandom(7, 8, 9);
  const walk = (ring: number) => {
    let place = integerBelow(30, random);
    return Array.from({ length: 12 }, () => `${ring * 30 + (place = (place + 1 + integerBelow(3, random)) % 30)}`);
  };
  await writeFile(at("lists.csv"), listsCsv(Array.from({ length: 400 }, (_, i) => [`t${i}`, walk(i % 5)] as const)));
  for (let i = 0; i < 40; i++)
    walks.set(
      `w${i}`,
      i === 7 ? ["x1", "x2", "x3", "x4", "31"] : [...walk(i % 5), ...(i % 3 === 0 ? ["unheard"] : [])],
    );
  await writeFile(at("test.csv"), `${listsCsv(walks)}\nw0,NULL\n`);
  const { code } = await runCommand([
    "train",
    "--playlists",
    at("lists.csv"),
    "--data-dir",
    at("data"),
    ..."--epochs 3 --vector-size 16 --workers 1".split(" "),
  ]);
  expect(code).toBe(0);
});

it("a test file is judged as a client of the service would judge it, and can be plotted", async () => {
  const { code, output, errors } = await runCommand([
    "evaluate",
    "--data-dir",
    at("data"),
    "--test",
    at("test.csv"),
    "--plot",
    at("curves.svg"),
    "--json",
  ]);
  expect(code).toBe(0);
  expect(errors).toMatch(/^dropped 1 rows: no song id, first at test\.csv:\d+\n/);
  expect(errors).toMatch(
    /method +HR@10[^]*\nblend [^]*recall@100 by popularity[^]*\nmethod +most played \(\d+\) +between \(\d+\) +least played \(\d+\)\nblend +\d\.\d{4}[^]*\nrepeats +P@20 +MRR@20\nexclude [^]*\nallow /,
  );
  expect(await readFile(at("curves.svg"), "utf8")).toMatch(/^<svg [^]*<\/svg>\n$/);
  const { cases, methods, nextSong } = JSON.parse(output);
  expect(cases).toBe(40);

  const { start } = await createDataDirectory({ dataDir: at("data"), model: "none" });
  const { port } = await start({ PLAYLISTS: at("lists.csv") });
  for (const strategy of ["blend", "context", "similarity", "playlists", "cooccurrence"]) {
    let [hits, ndcg] = [0, 0];
    for (const { query, truth } of buildTestCases(walks, undefined, 2000)) {
      const { json } = await request(port, "/v1/recommendations", { json: { songs: query, limit: 10, strategy } });
      const items: { songId: string }[] = json.items;
      const gain = (place: number) => 1 / Math.log2(place + 2);
      const places = items.flatMap(({ songId }, place) => (truth.has(songId) ? [place] : []));
      hits += places.length > 0 ? 1 : 0;
      ndcg +=
        places.reduce((sum, place) => sum + gain(place), 0) /
        Array.from({ length: Math.min(10, truth.size) }, (_, place) => gain(place)).reduce(
          (sum, each) => sum + each,
          0,
        );
    }
    const method = methods.find((each: { method: string }) => each.method === strategy);
    expect([method.hitRate10, method.ndcg10]).toEqual([expect.closeTo(hits / 40, 4), expect.closeTo(ndcg / 40, 4)]);
  }

  const nextSongs = [...walks.values()].flatMap((songs) =>
    songs.slice(1).map((next, i) => [songs.slice(0, i + 1), next]),
  );
  expect(nextSong.cases).toBe(nextSongs.length);
  for (const repeats of ["exclude", "allow"]) {
    let [hits, reciprocalRanks] = [0, 0];
    for (const [songs, next] of nextSongs) {
      const { json } = await request(port, "/v1/recommendations", { json: { songs, limit: 20, repeats } });
      const index = json.items.findIndex(({ songId }: { songId: string }) => songId === next);
      hits += index < 0 ? 0 : 1;
      reciprocalRanks += index < 0 ? 0 : 1 / (index + 1);
    }
    expect(nextSong[repeats]).toEqual({
      precision20: expect.closeTo(hits / nextSongs.length, 4),
      meanReciprocalRank20: expect.closeTo(reciprocalRanks / nextSongs.length, 4),
    });
  }
});

it("heads without a test file, and a test without a case, are refused", async () => {
  expect(await runCommand(["evaluate", "--data-dir", at("data"), "--heads", at("lists.csv")])).toMatchObject({
    code: 2,
    errors: expect.stringContaining("--heads requires --test."),
  });
  expect(
    await runCommand(["evaluate", "--data-dir", at("data"), "--test", at("test.csv"), "--heads", at("lists.csv")]),
  ).toMatchObject({ code: 1, errors: expect.stringContaining("no playlist has a song for the query") });
});

it("a test file is read by the ids of the model, whatever SONG_IDS is", async () => {
  await writeFile(at("zeros.csv"), listsCsv([...walks].map(([id, songs]) => [id, songs.map((song) => `0${song}`)])));
  const evaluate = (file: string, ...more: string[]) =>
    runCommand(["evaluate", "--data-dir", at("data"), "--test", at(file), "--json", ...more]);
  const [expected, spelled] = [await evaluate("test.csv"), await evaluate("zeros.csv", "--song-ids", "text")];
  expect(spelled.code).toBe(0);
  expect(JSON.parse(spelled.output)).toEqual(JSON.parse(expected.output));
});
