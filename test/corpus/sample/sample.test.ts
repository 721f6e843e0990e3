import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCatalogue } from "../../../src/corpus/readers/catalogue.ts";
import { generateSample, writeSample } from "../../../src/corpus/sample/sample.ts";

const sample = generateSample();
const playlists = [...sample.playlists].map(({ songIds }) => songIds);
const plays = playlists.flat();

describe("the sample", () => {
  it("has 5000 songs with integer ids, and unique titles per artist", () => {
    expect(sample.songs.map(({ songId }) => Number(songId)).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 5000 }, (_, i) => 10_001 + i),
    );
    expect(new Set(sample.songs.map(({ title, artist }) => `${title} / ${artist}`)).size).toBe(5000);
  });

  it("has several songs by each artist", () => {
    const artists = [...Map.groupBy(sample.songs, ({ artist }) => artist).values()];
    expect(artists.length).toBeGreaterThan(300);
    expect(artists.filter((songs) => songs.length < 4).length).toBeLessThan(2);
  });

  it("has playlists of 4 to 20 distinct songs, about 10 on average", () => {
    const lengths = playlists.map((songs) => songs.length);
    expect(playlists).toHaveLength(20_000);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([4, 20]);
    expect(plays.length / playlists.length).toBeCloseTo(10, 0);
    expect(playlists.filter((songs) => new Set(songs).size < songs.length)).toEqual([]);
  });

  it("has plays by Zipf’s law: a slope of about -1 in a log-log plot", () => {
    const counts = [...Map.groupBy(plays, (song) => song).values()].map((of) => of.length).toSorted((a, b) => b - a);
    const points = counts.slice(9, 2000).map((count, i) => [Math.log(i + 10), Math.log(count)] as const);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [x, y] = [mean(points.map(([rank]) => rank)), mean(points.map(([, count]) => count))];
    const slope =
      mean(points.map(([rank, count]) => (rank - x) * (count - y))) / mean(points.map(([rank]) => (rank - x) ** 2));
    expect(slope).toBeGreaterThan(-1.1);
    expect(slope).toBeLessThan(-0.5);
  });

  it("has an order to learn: the next song is predictable, the fifth and the previous one are not", () => {
    const followers = new Map<string, Map<string, number>>();
    for (const songs of playlists.slice(0, 10_000)) {
      for (const [at, song] of songs.slice(1).entries()) {
        const of = followers.get(songs[at] ?? "") ?? new Map<string, number>();
        followers.set(songs[at] ?? "", of.set(song, (of.get(song) ?? 0) + 1));
      }
    }
    const predicted = new Map(
      [...followers].map(([song, of]) => [
        song,
        new Set(
          [...of]
            .toSorted(([, a], [, b]) => b - a)
            .slice(0, 10)
            .map(([id]) => id),
        ),
      ]),
    );
    const hitRate = (distance: number) => {
      const pairs = playlists
        .slice(10_000)
        .flatMap((songs) =>
          songs.flatMap((song, at) =>
            songs[at + distance] === undefined ? [] : [[song, songs[at + distance] ?? ""] as const],
          ),
        );
      return pairs.filter(([song, other]) => predicted.get(song)?.has(other)).length / pairs.length;
    };
    expect(hitRate(1)).toBeGreaterThan(0.3);
    expect(hitRate(5)).toBeLessThan(0.05);
    expect(hitRate(-1)).toBeLessThan(0.05);
  });

  it("yields equal playlists in each iteration, and other playlists for another seed", () => {
    expect([...sample.playlists].map(({ songIds }) => songIds)).toEqual(playlists);
    const other = new Set([...generateSample({ seed: 2 }).playlists].map(({ songIds }) => songIds.join()));
    expect(playlists.filter((songs) => other.has(songs.join()))).toEqual([]);
  });

  it.each([1, 3, 24, 100])("may have as few as %i songs", (songs) => {
    const small = generateSample({ songs, playlists: 200 });
    const lengths = [...small.playlists].map(({ songIds }) => songIds.length);
    expect(small.songs).toHaveLength(songs);
    expect(Math.min(...lengths)).toBe(Math.min(songs, 4));
  });
});

describe("writing the sample", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "song2vec-sample-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("writes all songs and plays, one play in 200 as ?, and no other files", async () => {
    const paths = await writeSample(join(folder, "deep", "er"));
    expect((await readdir(join(folder, "deep", "er"))).toSorted()).toEqual(["playlists.csv", "songs.csv"]);
    const rows = (await readFile(paths.playlists, "utf8")).trimEnd().split("\n").slice(1);
    expect(rows).toHaveLength(plays.length);
    expect(rows.filter((row, i) => row.endsWith(`,${plays[i]}`) || row.endsWith(",?"))).toHaveLength(rows.length);
    const missing = rows.filter((row) => row.endsWith(",?")).length / rows.length;
    expect(missing).toBeGreaterThan(0.004);
    expect(missing).toBeLessThan(0.006);
    const { songs: catalogue } = await readCatalogue({ source: paths.catalogue });
    expect([...catalogue]).toEqual(sample.songs.map(({ songId, title, artist }) => [songId, { title, artist }]));
  });

  it("writes the same bytes for the same options", async () => {
    const [one, two] = [
      await writeSample(join(folder, "one"), { playlists: 100 }),
      await writeSample(join(folder, "two"), { playlists: 100 }),
    ];
    expect(await readFile(one.playlists)).toEqual(await readFile(two.playlists));
    expect(await readFile(one.catalogue)).toEqual(await readFile(two.catalogue));
  });

  it("is rejected if the directory cannot be created", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(writeSample(join(folder, "file", "inside"))).rejects.toMatchObject({ code: "DATA_DIR_UNUSABLE" });
  });
});
