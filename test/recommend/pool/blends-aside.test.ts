import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type Model, writeModel } from "../../../src/model/model.ts";
import { openVersions } from "../../../src/model/format/versions.ts";
import { ProvisionalSongSet } from "../../../src/recommend/cold-start/provisional-songs.ts";
import { createRecommender, type Question, type Recommender } from "../../../src/recommend/query/recommender.ts";
import { inTurns } from "../../../src/recommend/pool/steps.ts";
import { paced } from "../../../src/recommend/pool/turns.ts";
import { createRandom } from "../../../src/word2vec/random.ts";
import { contentOf, temporaryFolder } from "../../model/small-models.ts";

const most = 4000;
const shelves = 20;

/** Songs of twenty shelves, those of one near each other and in the same playlists; what a song predicts is a tree's, or a matrix. */
async function shelvedModel(hs: boolean, songs = most): Promise<Model> {
  const random = createRandom(4, 5, 6);
  const vectors = () =>
    Array.from({ length: songs }, (_, row) =>
      Array.from({ length: 16 }, (_unused, d) => Math.cos(((row % shelves) + 1) * (d + 1)) + random() / 2 ** 32),
    );
  const { manifest, ...content } = contentOf({
    songs: Array.from({ length: songs }, (_, row) => ({ id: `${row}`, count: 2 * songs - row })),
    input: vectors(),
    output: vectors(),
  });
  const versions = await openVersions(await temporaryFolder());
  const staging = await versions.createStaging();
  await writeModel(staging, {
    manifest: { ...manifest, hyperparameters: { ...manifest.hyperparameters, hs } },
    ...content,
  });
  const model = await versions.load(await versions.publish(staging));
  const lists = Array.from({ length: 2000 }, (_, list) =>
    Array.from({ length: 12 }, (_song, place) =>
      place < 10 ? (random() % (songs / shelves)) * shelves + (list % shelves) : random() % songs,
    ),
  );
  const offsets = Uint32Array.from({ length: lists.length + 1 }, (_, list) => list * 12);
  return {
    ...model,
    playlists: {
      offsets,
      rows: Uint32Array.from(lists.flat()),
      held: new Uint32Array(lists.length),
      keys: new Uint32Array(lists.length),
    },
  };
}

async function recommendersOf(
  hs: boolean,
  newcomers: readonly {
    readonly songId: string;
    readonly references: readonly { readonly songId: string; readonly weight: number }[];
  }[] = [],
) {
  const model = await shelvedModel(hs);
  const open = (threads: number) => createRecommender(model, threads, new ProvisionalSongSet(newcomers));
  const [there, here] = [await open(2), await open(0)];
  onTestFinished(() => there.close());
  return { there, here };
}

const asking = (first: number, over: Partial<Question> = {}): Question => ({
  songs: [0, 1, 2, 3, 4].map((i) => ({ songId: `${(first + i * shelves) % most}`, weight: 1 })),
  limit: 10,
  strategy: "blend",
  ...over,
});
const ask = ({ recommendInSteps }: Recommender, question: Question) => inTurns(recommendInSteps(question), paced());

describe.each([
  ["down a tree", true],
  ["with a matrix", false],
])("a blend %s beside search threads", (_, hs) => {
  it.each([
    ["plain", {}],
    ["of companions", { strategy: "cooccurrence" }],
    ["of playlists", { strategy: "playlists" }],
    ["with dislikes", { dislikes: ["7", "27"], exclude: ["1", "21"] }],
    ["among candidates", { candidates: Array.from({ length: 700 }, (_unused, i) => `${5 * i}`) }],
    ["beyond its candidates", { limit: 900 }],
    ["with what takes a deeper ranking", { diversity: 0.5, limit: 60 }],
  ] satisfies [string, Partial<Question>][])(
    "is made aside, and the same as on this thread: %s",
    async (_name, over) => {
      const { there, here } = await recommendersOf(hs);
      const aside = vi.spyOn(there.search, "blend");
      const question = asking(1, over);
      const answer = await ask(there, question);
      expect(aside).toHaveBeenCalled();
      expect(answer).toEqual(here.recommend(question));
      expect(answer.items.length).toBeGreaterThanOrEqual(10);
    },
  );

  it("is the same among many at once, of all kinds", async () => {
    const { there, here } = await recommendersOf(hs);
    const strategies = ["blend", "similarity", "playlists", "context", "cooccurrence", "blend"] as const;
    const questions = Array.from({ length: 60 }, (_unused, i) =>
      asking(i * 3, {
        strategy: strategies[i % 6] ?? "blend",
        ...(i % 7 === 0 && { candidates: Array.from({ length: 50 }, (_song, song) => `${song * 11 + i}`) }),
      }),
    );
    const told = vi.spyOn(Worker.prototype, "postMessage");
    const answers = await Promise.all(questions.map((question) => ask(there, question)));
    expect(
      told.mock.calls.reduce((sum, [{ task, questions }]) => (task === "blend" ? sum + questions.length : sum), 0),
    ).toBeGreaterThan(5);
    told.mockRestore();
    for (const [i, answer] of answers.entries())
      expect(answer, `question ${i}`).toEqual(here.recommend(questions[i] ?? asking(0)));
  });
});

describe("a blend beside search threads", () => {
  it("has newcomers in their places", async () => {
    const { there, here } = await recommendersOf(true, [
      {
        songId: "new",
        references: [
          { songId: "1", weight: 1 },
          { songId: "21", weight: 1 },
        ],
      },
    ]);
    const answer = await ask(there, asking(1));
    expect(answer.items.map(({ songId }) => songId)).toContain("new");
    expect(answer).toEqual(here.recommend(asking(1)));
  });

  it("is answered where the threads die", async () => {
    const { there, here } = await recommendersOf(true);
    const told = vi.spyOn(Worker.prototype, "postMessage");
    const answers = Array.from({ length: 20 }, (_, i) => ask(there, asking(i)));
    await expect.poll(() => told.mock.contexts.length).toBeGreaterThan(0);
    await Promise.all([...new Set(told.mock.contexts)].map((worker) => worker instanceof Worker && worker.terminate()));
    told.mockRestore();
    for (const [i, answer] of (await Promise.all(answers)).entries())
      expect(answer, `question ${i}`).toEqual(here.recommend(asking(i)));
  });

  it("is made by others once they have died, which answer nothing before they are ready", async () => {
    const { there, here } = await recommendersOf(true);
    const told = vi.spyOn(Worker.prototype, "postMessage");
    const askAll = async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(there, asking(i))));
      for (const [i, answer] of answers.entries()) expect(answer, `question ${i}`).toEqual(here.recommend(asking(i)));
      return new Set(told.mock.contexts);
    };
    const first = await askAll();
    await Promise.all([...first].map((worker) => worker instanceof Worker && worker.terminate()));
    const later = await askAll();
    told.mockRestore();
    expect(first.size).toBe(2);
    expect(later.size).toBe(4);
  });

  it("has them only where it takes long enough, or a scan does, as the threads have measured", async () => {
    for (const size of [most, 100]) {
      const recommender = await createRecommender(await shelvedModel(true, size));
      onTestFinished(() => recommender.close());
      const { milliseconds, blendMilliseconds, threads } = recommender.searchPlan;
      const isLong = Math.max(milliseconds, blendMilliseconds ?? 0) > 0.25;
      expect(threads > 0, `${milliseconds} and ${blendMilliseconds} ms`).toBe(isLong && availableParallelism() > 1);
      if (availableParallelism() > 1) expect(blendMilliseconds).toBeGreaterThan(0);
      expect(recommender.search.blendsAside(10)).toBe(threads > 0 && (blendMilliseconds ?? 0) > 0.25);
      expect((await ask(recommender, asking(1))).items).toHaveLength(10);
    }
  });

  it("is made by this thread once the model is closed", async () => {
    const { there, here } = await recommendersOf(true);
    await there.close();
    expect(await ask(there, asking(1))).toEqual(here.recommend(asking(1)));
  });
});
