import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { canonicalTitle } from "../../../src/recommend/catalogue/names.ts";
import {
  createRecommender,
  type RecommendationQuery,
  type Recommender,
  type Strategy,
} from "../../../src/recommend/query/recommender.ts";
import { strategyNames } from "../../../src/recommend/ensemble/strategy.ts";
import { runs } from "../../helpers/figures.ts";
import { clusterSize, loadClusteredModel, clusters } from "../clustered-model.ts";

let recommender: Recommender;
beforeAll(async () => {
  recommender = await createRecommender(await loadClusteredModel());
});

const everything = clusters * clusterSize;
const asking = (songIds: readonly string[], over: Partial<RecommendationQuery> = {}): RecommendationQuery => ({
  songs: songIds.map((songId) => ({ songId, weight: 1 })),
  limit: 10,
  strategy: "blend",
  ...over,
});
const idsOf = ({ items }: { items: readonly { songId: string }[] }) => items.map(({ songId }) => songId);
const shelfOf = (songId: string) => songId.split("-")[0];
const playsOf = (songId: string) => recommender.song(songId).count;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(strategyNames)("a recommendation by %s", (strategy) => {
  const ask = (songIds: readonly string[], over: Partial<RecommendationQuery> = {}) =>
    recommender.recommend(asking(songIds, { strategy, ...over }));

  it("ranks candidates only, all of them, those of the same shelf first", async () => {
    const candidates = ["3-1", "0-4", "2-2", "0-5", "unknown", "0-0", "0-4"];
    const found = idsOf(await ask(["0-0", "0-1"], { candidates }));
    expect(found.slice(0, 2).toSorted()).toEqual(["0-4", "0-5"]);
    expect(found.slice(2).toSorted()).toEqual(["2-2", "3-1"]);
    expect((await ask(["0-0"], { candidates: [] })).items).toEqual([]);
  });

  it("has only songs that pass the filter, and as many as there are", async () => {
    const filteredOut = await recommender.filter({ genre: ["genre 4", "GENRE 5"], "-artist": ["the artist 4a"] });
    const found = idsOf(await ask(["0-0"], { filteredOut, exclude: ["5-0"], limit: 50 }));
    expect(found.toSorted()).toEqual([
      "4-1",
      "4-2",
      "4-4",
      "4-5",
      "4-7",
      "4-9",
      ...Array.from({ length: 9 }, (_, i) => `5-${i + 1}`),
    ]);
    expect(idsOf(await ask(["0-0"], { filteredOut, candidates: ["4-4", "4-0", "1-1"], limit: 50 }))).toEqual(["4-4"]);
  });

  it("comes in pages", async () => {
    const all = await ask(["0-0", "1-1"], { limit: everything });
    expect(all.items).toHaveLength(everything - 2);
    expect((await ask(["0-0", "1-1"], { offset: 7, limit: 5 })).items).toEqual(all.items.slice(7, 12));
    expect((await ask(["0-0", "1-1"], { offset: everything, limit: 5 })).items).toEqual([]);
  });

  it("ends where the scores fall below what is asked", async () => {
    const { items } = await ask(["0-0"], { limit: everything });
    const lowest = items[7]?.score ?? 0;
    const found = (await ask(["0-0"], { limit: everything, minScore: lowest })).items;
    expect(found).toEqual(items.filter(({ score }) => score >= lowest));
    expect(found.length).toBeGreaterThan(7);
    expect((await ask(["0-0"], { minScore: 1e9 })).items).toEqual([]);
  });

  it("has one version of a song, and none of one that was asked with", async () => {
    const found = idsOf(await ask(["0-0"], { versions: "one", limit: everything }));
    expect(found).not.toContain("0-8");
    const works = found.map((songId) => canonicalTitle(recommender.song(songId))).filter((work) => work !== undefined);
    expect(new Set(works).size).toBe(works.length);
    expect(found).toHaveLength(everything - 1 - 1 - 2 * clusters + 1);
  });

  it("has no more songs of an artist than allowed, and fills the page with others", async () => {
    const { items } = await ask(["0-0"], { maxPerArtist: 1, limit: everything });
    const named = items.flatMap(({ artist }) => artist ?? []);
    expect(new Set(named).size).toBe(3 * clusters);
    expect(named).toHaveLength(3 * clusters);
    expect(items).toHaveLength(3 * clusters + clusters);
    expect((await ask(["0-0"], { maxPerArtist: 1 })).items).toHaveLength(10);
  });

  it("is of more shelves the more diversity is asked for, and begins with the best", async () => {
    const shelvesIn = async (diversity: number) =>
      new Set(idsOf(await ask(["0-0", "0-1"], { diversity, limit: 6 })).map(shelfOf)).size;
    expect([await shelvesIn(0), await shelvesIn(1)]).toEqual([1, clusters]);
    expect(await shelvesIn(0.6)).toBeGreaterThan(1);
    expect(idsOf(await ask(["0-0"], { diversity: 1 }))[0]).toBe(idsOf(await ask(["0-0"]))[0]);
    expect(idsOf(await ask(["0-0"], { diversity: 1, limit: everything })).toSorted()).toEqual(
      idsOf(await ask(["0-0"], { limit: everything })).toSorted(),
    );
  });

  it("favours hits or rare songs as the dial is turned", async () => {
    const plays = async (popularity: number) => mean(idsOf(await ask(["0-0"], { popularity, limit: 20 })).map(playsOf));
    const dials = await Promise.all([-1, -0.5, 0, 0.5, 1].map(plays));
    expect(dials).toEqual(dials.toSorted((a, b) => a - b));
    expect((dials[4] ?? 0) - (dials[0] ?? 0)).toBeGreaterThan(100);
    const { items } = await ask(["0-0"], { popularity: 1, limit: everything });
    expect(items.every(({ score }, i) => score >= (items[i + 1]?.score ?? -Infinity))).toBe(true);
  });
});

describe("popular songs in place of an answer", () => {
  it("take the same options", async () => {
    const popular = (over: Partial<RecommendationQuery>) => recommender.recommend(asking(["nobody"], over));
    expect(idsOf(await popular({ offset: 2, limit: 2 }))).toEqual(["2-0", "3-0"]);
    expect(idsOf(await popular({ limit: 3, filteredOut: await recommender.filter({ genre: ["Genre 3"] }) }))).toEqual([
      "3-0",
      "3-1",
      "3-2",
    ]);
    expect(await popular({ candidates: ["5-9"] })).toMatchObject({ fallback: "popular", items: [{ songId: "5-9" }] });
    expect(idsOf(await popular({ popularity: -1, limit: 1 }))).toEqual(["5-9"]);
  });
});

const songId = fc.tuple(fc.nat(clusters - 1), fc.nat(clusterSize - 1)).map(([shelf, place]) => `${shelf}-${place}`);
const someIds = fc.uniqueArray(songId, { minLength: 1, maxLength: 8 });
const ofAll = {
  exclude: someIds,
  diversity: fc.double({ min: 0, max: 1, noNaN: true }),
  maxPerArtist: fc.integer({ min: 1, max: 4 }),
  versions: fc.constantFrom("all" as const, "one" as const),
  genres: fc.subarray(["Genre 0", "Genre 1", "Genre 2", "Genre 3"], { minLength: 1 }),
};
const similarOptions = fc.record(ofAll, { requiredKeys: [] });
const options = fc.record(
  {
    ...ofAll,
    strategy: fc.constantFrom<Strategy>(...strategyNames),
    dislikes: someIds,
    candidates: fc.uniqueArray(songId, { minLength: 20, maxLength: 50 }),
    popularity: fc.double({ min: -1, max: 1, noNaN: true }),
  },
  { requiredKeys: [] },
);
type Options = typeof options extends fc.Arbitrary<infer O> ? O : never;

/** How many songs the options let through, counted one artist and one work after the other. */
function left(
  asked: readonly string[],
  { dislikes = [], exclude = [], candidates, genres, maxPerArtist = Infinity, versions }: Options,
  ranked: readonly string[],
): number {
  const works = new Set(
    versions === "one" ? [...asked, ...dislikes].map((id) => canonicalTitle(recommender.song(id))) : [],
  );
  const ofArtist = new Map<string, number>();
  return ranked.filter((id) => {
    const song = recommender.song(id);
    if (
      [...asked, ...dislikes, ...exclude].includes(id) ||
      (candidates && !candidates.includes(id)) ||
      (genres && !genres.includes(song.columns?.["genre"] ?? ""))
    )
      return false;
    const work = versions === "one" ? canonicalTitle(song) : undefined;
    if (work !== undefined && works.has(work)) return false;
    const before = ofArtist.get(song.artist ?? id) ?? 0;
    if (song.artist !== undefined && before >= maxPerArtist) return false;
    ofArtist.set(song.artist ?? id, before + 1);
    works.add(work);
    return true;
  }).length;
}

describe("whatever the options", () => {
  it("the page is full while songs are left, and pages put together are the one long answer", async () => {
    await fc.assert(
      fc.asyncProperty(someIds, options, fc.integer({ min: 1, max: 9 }), async (asked, { genres, ...some }, limit) => {
        const question = asking(asked, {
          ...some,
          ...(genres && { filteredOut: await recommender.filter({ genre: genres }) }),
        });
        const all = (await recommender.recommend({ ...question, limit: everything })).items;
        expect(all).toHaveLength(
          left(
            asked,
            { ...some, ...(genres && { genres }) },
            idsOf(
              await recommender.recommend({
                ...question,
                versions: "all",
                maxPerArtist: everything,
                diversity: 0,
                limit: everything,
              }),
            ),
          ),
        );
        const pages = [];
        for (let offset = 0; offset < everything; offset += limit)
          pages.push((await recommender.recommend({ ...question, limit, offset })).items);
        expect(pages.flat()).toEqual(all);
        expect(pages.slice(0, Math.floor(all.length / limit)).every(({ length }) => length === limit)).toBe(true);
      }),
      { numRuns: runs(60) },
    );
  });

  it("similar songs come in full pages that fit each other", async () => {
    await fc.assert(
      fc.asyncProperty(
        songId,
        similarOptions,
        fc.integer({ min: 1, max: 9 }),
        async (asked, { genres, ...some }, limit) => {
          const similar = { ...some, ...(genres && { filteredOut: await recommender.filter({ genre: genres }) }) };
          const all = await recommender.similar(asked, { ...similar, limit: everything });
          expect(all.items).toHaveLength(
            left(
              [asked],
              { ...some, ...(genres && { genres }) },
              idsOf(
                await recommender.similar(asked, {
                  limit: everything,
                  ...(similar.exclude && { exclude: similar.exclude }),
                }),
              ),
            ),
          );
          const offset = 2 * limit;
          expect((await recommender.similar(asked, { ...similar, limit, offset })).items).toEqual(
            all.items.slice(offset, offset + limit),
          );
        },
      ),
      { numRuns: runs(30) },
    );
  });
});
