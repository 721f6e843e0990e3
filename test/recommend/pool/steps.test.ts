import { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createError } from "../../../src/errors.ts";
import { ProvisionalSongSet } from "../../../src/recommend/cold-start/provisional-songs.ts";
import { createRecommender, type Question, type Recommender } from "../../../src/recommend/query/recommender.ts";
import { atOnce, inTurns, type Steps } from "../../../src/recommend/pool/steps.ts";
import { paced } from "../../../src/recommend/pool/turns.ts";
import { createRandom } from "../../../src/word2vec/random.ts";
import { loadedModel, type SmallModel } from "../../model/small-models.ts";

const songs = 600;
const artists = 4;

/** Songs of four artists, those of one near each other. */
function catalogue(): SmallModel {
  const random = createRandom(1, 2, 3);
  const vectors = () =>
    Array.from({ length: songs }, (_, row) =>
      Array.from({ length: 16 }, (_unused, d) => (d === row % artists ? 1 : 0) + random() / 2 ** 33),
    );
  return {
    songs: Array.from({ length: songs }, (_, row) => ({
      id: `${row}`,
      count: songs - row,
      title: `${row}`,
      artist: `${row % artists}`,
    })),
    input: vectors(),
    output: vectors(),
  };
}

const newcomer = {
  songId: "new",
  title: "New",
  artist: "Somebody",
  references: [
    { songId: "4", weight: 1 },
    { songId: "5", weight: 1 },
  ],
};
const asking = (over: Partial<Question> = {}): Question => ({
  songs: ["0", "8", "13"].map((songId) => ({ songId, weight: 1 })),
  limit: 10,
  strategy: "context",
  ...over,
});

async function recommenderOf(threads: number, provisional: readonly (typeof newcomer)[] = []): Promise<Recommender> {
  const recommender = await createRecommender(
    await loadedModel(catalogue()),
    threads,
    new ProvisionalSongSet(provisional),
  );
  onTestFinished(() => recommender.close());
  return recommender;
}

/** The answer, and how many searches were made aside and how many on this thread. */
async function watched<T>({ search }: Recommender, steps: Steps<T>) {
  const [nearest, nearestNow] = [vi.spyOn(search, "nearest"), vi.spyOn(search, "nearestNow")];
  const answer = await inTurns(steps, paced());
  const made = { aside: nearest.mock.calls.length, here: nearestNow.mock.calls.length };
  nearest.mockRestore();
  nearestNow.mockRestore();
  return { answer, ...made };
}

describe("a recommendation of a model with search threads", () => {
  it("is made once they can answer, not while they start", async () => {
    const told = vi.spyOn(Worker.prototype, "emit");
    await recommenderOf(2);
    expect(told.mock.calls.filter(([event]) => event === "message")).toEqual([
      ["message", { blendMilliseconds: 0 }],
      ["message", { blendMilliseconds: 0 }],
    ]);
    told.mockRestore();
  });

  it.each([
    ["context", {}, 1],
    ["similarity", {}, 1],
    ["what takes a second search", { maxPerArtist: 1, limit: 3 }, 2],
    [
      "what leaves out most songs",
      { strategy: "similarity", versions: "one", maxPerArtist: 30, limit: 120, diversity: 0.5 },
      2,
    ],
    ["candidates", { candidates: Array.from({ length: 40 }, (_, i) => `${15 * i}`), dislikes: ["3"] }, 1],
  ] satisfies [string, Partial<Question>, number][])(
    "is searched there, and the same as on this thread: %s",
    async (name, over, fewest) => {
      const [there, here] = [await recommenderOf(1), await recommenderOf(0)];
      const question = asking({ ...(name === "similarity" && { strategy: name }), ...over });
      const { answer, aside, here: onThisThread } = await watched(there, there.recommendInSteps(question));
      expect(aside).toBeGreaterThanOrEqual(fewest);
      expect(onThisThread).toBe(0);
      expect(answer).toEqual(here.recommend(question));
      expect(answer.items.length).toBeGreaterThanOrEqual(3);
      expect(there.recommend(question)).toEqual(answer);
    },
  );

  it("has newcomers in their places", async () => {
    const [there, here] = [await recommenderOf(1, [newcomer]), await recommenderOf(0, [newcomer])];
    for (const strategy of ["context", "similarity"] as const) {
      const question = asking({ strategy, maxPerArtist: 2, limit: 8 });
      const { answer, aside, here: onThisThread } = await watched(there, there.recommendInSteps(question));
      expect([aside > 1, onThisThread]).toEqual([true, 0]);
      expect(answer).toEqual(here.recommend(question));
      expect(answer.items.map(({ songId }) => songId)).toContain("new");
    }
  });

  it("for several groups is one search for each", async () => {
    const [there, here] = [await recommenderOf(1), await recommenderOf(0)];
    const question = { ...asking(), groups: ["1", "2", "3"].map((songId) => [{ songId, weight: 1 }]) };
    const { answer, aside, here: onThisThread } = await watched(there, there.recommendForGroupsInSteps(question));
    expect([aside, onThisThread]).toEqual([3, 0]);
    expect(answer).toEqual(atOnce(here.recommendForGroupsInSteps(question)));
  });

  it("fails as its search does, the first or a later one, and is whole when it is asked for again", async () => {
    const there = await recommenderOf(1);
    const question = asking({ maxPerArtist: 1, limit: 3 });
    const { nearest: real } = there.search;
    for (const before of [0, 1]) {
      const nearest = vi.spyOn(there.search, "nearest");
      for (let i = 0; i < before; i++) nearest.mockImplementationOnce(real);
      nearest.mockRejectedValueOnce(createError("OVERLOADED"));
      await expect(inTurns(there.recommendInSteps(question), paced())).rejects.toMatchObject({ code: "OVERLOADED" });
      expect(nearest).toHaveBeenCalledTimes(before + 1);
      nearest.mockRestore();
    }
    expect(await inTurns(there.recommendInSteps(question), paced())).toEqual(there.recommend(question));
  });

  it("is answered by this thread where the model is closed meanwhile, even between two searches", async () => {
    const there = await recommenderOf(1);
    const question = asking({ maxPerArtist: 1, limit: 3 });
    const steps = there.recommendInSteps(question);
    const first = steps.next();
    if (first.done) expect.unreachable();
    const found = await first.value?.aside();
    await there.close();
    let step = steps.next(found);
    while (!step.done) {
      expect(step.value).toBeUndefined();
      step = steps.next();
    }
    expect(step.value).toEqual(there.recommend(question));
  });
});

it("a recommendation of a model without search threads is searched in its turn", async () => {
  const recommender = await recommenderOf(0);
  expect(await watched(recommender, recommender.recommendInSteps(asking()))).toMatchObject({ aside: 0, here: 1 });
});

it("a step that is not handed the search it wanted fails", async () => {
  const steps = (await recommenderOf(1)).recommendInSteps(asking());
  steps.next();
  expect(() => steps.next()).toThrow("the search that was wanted was not made");
});
