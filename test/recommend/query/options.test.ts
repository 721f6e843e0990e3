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
import { runs } from "../../helpers/fault-form.ts";
import { clusterSize, loadClusteredModel, clusters } from "../clustered-model.ts";

let recommender: Recommender;
beforeAll(async () => {
  recommender = await createRecommender(await loadClusteredModel());
});

const everything = clusters * clusterSize;
const queryFor = (songIds: readonly string[], over: Partial<RecommendationQuery> = {}): RecommendationQuery => ({
  songs: songIds.map((songId) => ({ songId, weight: 1 })),
  limit: 10,
  strategy: "blend",
  ...over,
});
const idsOf = ({ items }: { items: readonly { songId: string }[] }) => items.map(({ songId }) => songId);
const clusterOf = (songId: string) => songId.split("-")[0];
const playsOf = (songId: string) => recommender.song(songId).count;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe.each(strategyNames)("a recommendation by %s", (strategy) => {
  const recommend = (songIds: readonly string[], over: Partial<RecommendationQuery> = {}) =>
    recommender.recommend(queryFor(songIds, { strategy, ...over }));

  it("ranks only candidates, and those of the same cluster first", async () => {
    const candidates = ["3-1", "0-4", "2-2", "0-5", "unknown", "0-0", "0-4"];
    const found = idsOf(await recommend(["0-0", "0-1"], { candidates }));
    expect(found.slice(0, 2).toSorted()).toEqual(["0-4", "0-5"]);
    expect(found.slice(2).toSorted()).toEqual(["2-2", "3-1"]);
    expect((await recommend(["0-0"], { candidates: [] })).items).toEqual([]);
  });

  it("has all songs that match the filter, and no others", async () => {
    const filteredOut = await recommender.filter({ genre: ["genre 4", "GENRE 5"], "-artist": ["the artist 4a"] });
    const found = idsOf(await recommend(["0-0"], { filteredOut, exclude: ["5-0"], limit: 50 }));
    expect(found.toSorted()).toEqual([
      "4-1",
      "4-2",
      "4-4",
      "4-5",
      "4-7",
      "4-9",
      ...Array.from({ length: 9 }, (_, i) => `5-${i + 1}`),
    ]);
    expect(idsOf(await recommend(["0-0"], { filteredOut, candidates: ["4-4", "4-0", "1-1"], limit: 50 }))).toEqual([
      "4-4",
    ]);
  });

  it("is paginated", async () => {
    const all = await recommend(["0-0", "1-1"], { limit: everything });
    expect(all.items).toHaveLength(everything - 2);
    expect((await recommend(["0-0", "1-1"], { offset: 7, limit: 5 })).items).toEqual(all.items.slice(7, 12));
    expect((await recommend(["0-0", "1-1"], { offset: everything, limit: 5 })).items).toEqual([]);
  });

  it("ends at minScore", async () => {
    const { items } = await recommend(["0-0"], { limit: everything });
    const lowest = items[7]?.score ?? 0;
    const found = (await recommend(["0-0"], { limit: everything, minScore: lowest })).items;
    expect(found).toEqual(items.filter(({ score }) => score >= lowest));
    expect(found.length).toBeGreaterThan(7);
    expect((await recommend(["0-0"], { minScore: 1e9 })).items).toEqual([]);
  });

  it("has one version of each song, and none of the query songs", async () => {
    const found = idsOf(await recommend(["0-0"], { versions: "one", limit: everything }));
    expect(found).not.toContain("0-8");
    const titles = found
      .map((songId) => canonicalTitle(recommender.song(songId)))
      .filter((title) => title !== undefined);
    expect(new Set(titles).size).toBe(titles.length);
    expect(found).toHaveLength(everything - 1 - 1 - 2 * clusters + 1);
  });

  it("has at most maxPerArtist songs of an artist, and fills the page with others", async () => {
    const { items } = await recommend(["0-0"], { maxPerArtist: 1, limit: everything });
    const named = items.flatMap(({ artist }) => artist ?? []);
    expect(new Set(named).size).toBe(3 * clusters);
    expect(named).toHaveLength(3 * clusters);
    expect(items).toHaveLength(3 * clusters + clusters);
    expect((await recommend(["0-0"], { maxPerArtist: 1 })).items).toHaveLength(10);
  });

  it("has more clusters with more diversity, and starts with the best song", async () => {
    const clustersIn = async (diversity: number) =>
      new Set(idsOf(await recommend(["0-0", "0-1"], { diversity, limit: 6 })).map(clusterOf)).size;
    expect([await clustersIn(0), await clustersIn(1)]).toEqual([1, clusters]);
    expect(await clustersIn(0.6)).toBeGreaterThan(1);
    expect(idsOf(await recommend(["0-0"], { diversity: 1 }))[0]).toBe(idsOf(await recommend(["0-0"]))[0]);
    expect(idsOf(await recommend(["0-0"], { diversity: 1, limit: everything })).toSorted()).toEqual(
      idsOf(await recommend(["0-0"], { limit: everything })).toSorted(),
    );
  });

  it("favours popular or rare songs by the popularity option", async () => {
    const plays = async (popularity: number) =>
      mean(idsOf(await recommend(["0-0"], { popularity, limit: 20 })).map(playsOf));
    const dials = await Promise.all([-1, -0.5, 0, 0.5, 1].map(plays));
    expect(dials).toEqual(dials.toSorted((a, b) => a - b));
    expect((dials[4] ?? 0) - (dials[0] ?? 0)).toBeGreaterThan(100);
    const { items } = await recommend(["0-0"], { popularity: 1, limit: everything });
    expect(items.every(({ score }, i) => score >= (items[i + 1]?.score ?? -Infinity))).toBe(true);
  });
});

describe("the popularity fallback", () => {
  it("takes the same options", async () => {
    const popular = (over: Partial<RecommendationQuery>) => recommender.recommend(queryFor(["nobody"], over));
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

const songId = fc.tuple(fc.nat(clusters - 1), fc.nat(clusterSize - 1)).map(([cluster, index]) => `${cluster}-${index}`);
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

/** Counts the songs within the limits, one by one. */
function left(
  queryIds: readonly string[],
  { dislikes = [], exclude = [], candidates, genres, maxPerArtist = Infinity, versions }: Options,
  ranked: readonly string[],
): number {
  const titles = new Set(
    versions === "one" ? [...queryIds, ...dislikes].map((id) => canonicalTitle(recommender.song(id))) : [],
  );
  const ofArtist = new Map<string, number>();
  return ranked.filter((id) => {
    const song = recommender.song(id);
    if (
      [...queryIds, ...dislikes, ...exclude].includes(id) ||
      (candidates && !candidates.includes(id)) ||
      (genres && !genres.includes(song.columns?.["genre"] ?? ""))
    )
      return false;
    const title = versions === "one" ? canonicalTitle(song) : undefined;
    if (title !== undefined && titles.has(title)) return false;
    const before = ofArtist.get(song.artist ?? id) ?? 0;
    if (song.artist !== undefined && before >= maxPerArtist) return false;
    ofArtist.set(song.artist ?? id, before + 1);
    titles.add(title);
    return true;
  }).length;
}

describe("for any options", () => {
  it("pages are full while songs are left, and consecutive pages equal one long result", async () => {
    await fc.assert(
      fc.asyncProperty(
        someIds,
        options,
        fc.integer({ min: 1, max: 9 }),
        async (queryIds, { genres, ...some }, limit) => {
          const query = queryFor(queryIds, {
            ...some,
            ...(genres && { filteredOut: await recommender.filter({ genre: genres }) }),
          });
          const all = (await recommender.recommend({ ...query, limit: everything })).items;
          expect(all).toHaveLength(
            left(
              queryIds,
              { ...some, ...(genres && { genres }) },
              idsOf(
                await recommender.recommend({
                  ...query,
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
            pages.push((await recommender.recommend({ ...query, limit, offset })).items);
          expect(pages.flat()).toEqual(all);
          expect(pages.slice(0, Math.floor(all.length / limit)).every(({ length }) => length === limit)).toBe(true);
        },
      ),
      { numRuns: runs(60) },
    );
  });

  it("similar songs have full and consistent pages", async () => {
    await fc.assert(
      fc.asyncProperty(
        songId,
        similarOptions,
        fc.integer({ min: 1, max: 9 }),
        async (queryIds, { genres, ...some }, limit) => {
          const similar = { ...some, ...(genres && { filteredOut: await recommender.filter({ genre: genres }) }) };
          const all = await recommender.similar(queryIds, { ...similar, limit: everything });
          expect(all.items).toHaveLength(
            left(
              [queryIds],
              { ...some, ...(genres && { genres }) },
              idsOf(
                await recommender.similar(queryIds, {
                  limit: everything,
                  ...(similar.exclude && { exclude: similar.exclude }),
                }),
              ),
            ),
          );
          const offset = 2 * limit;
          expect((await recommender.similar(queryIds, { ...similar, limit, offset })).items).toEqual(
            all.items.slice(offset, offset + limit),
          );
        },
      ),
      { numRuns: runs(30) },
    );
  });
});
