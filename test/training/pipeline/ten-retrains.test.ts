import { loadVersion } from "../../../src/model/loading/load.ts";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readPlaylists } from "../../../src/corpus/readers/playlists.ts";
import { evaluateTest } from "../../../src/evaluate/evaluate-test.ts";
import { type Lists, type TestCase, buildTestCases } from "../../../src/evaluate/test-cases.ts";
import { openVersions } from "../../../src/model/format/versions.ts";
import { superviseTraining } from "../../../src/training/process/supervisor.ts";
import { type Overrides, resolveHyperparameters } from "../../../src/word2vec/hyperparameters.ts";
import { isFull } from "../../helpers/fault-form.ts";
import { listsCsv, shufflePlaylists, ringPlaylists } from "../../helpers/ring-playlists.ts";

const retrains = isFull ? 10 : 4;
/** Retrains on shuffled playlists. */
const shuffledRetrains = new Set([2, 3, 6, 9].filter((retrain) => retrain <= retrains));

/**
 * Retrains like the service.
 * @returns the figure of the active version on separate test playlists after each retrain
 */
async function retrain(lists: Lists, cases: readonly TestCase[], overrides: Overrides) {
  const folder = await mkdtemp(join(tmpdir(), "song2vec-"));
  try {
    const versions = await openVersions(join(folder, "models"));
    const file = join(folder, "lists.csv");
    const train = async (some: Lists, seed: number, active: number | null) => {
      await writeFile(file, listsCsv(some));
      return superviseTraining({
        task: {
          source: { playlists: [file], playlistColumn: "Category", songColumn: "master_number", songIds: "numbers" },
          hyperparameters: resolveHyperparameters("tuned", { workers: 1, seed, ...overrides }),
          trainedBy: "a test",
          sample: false,
        },
        versions,
        active: active === null ? null : { version: active, maxLostShare: 0.5 },
      });
    };
    const evaluate = async (version: number) => {
      const { ndcg10 = 0, ndcg10Interval: [low, high] = [0, 0] } =
        (await evaluateTest(await loadVersion(versions, version), cases)).methods[0] ?? {};
      return { figure: ndcg10, low, high };
    };
    let { version: active } = await train(lists, 1, null);
    const activeFigures = [await evaluate(active)];
    const rejected: number[] = [];
    for (let i = 1; i <= retrains; i++) {
      const { version, summary } = await train(
        shuffledRetrains.has(i) ? shufflePlaylists(lists, i) : lists,
        i + 1,
        active,
      );
      if (summary.gate?.reason === null) active = version;
      else rejected.push(i);
      activeFigures.push(await evaluate(active));
    }
    return { activeFigures, rejected };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** No significant loss: the 95 % confidence intervals of the best active version and of any other one overlap. */
function expectNoneWorse(activeFigures: readonly { figure: number; low: number; high: number }[]): void {
  const best = activeFigures.reduce((one, other) => (other.figure > one.figure ? other : one));
  for (const { high } of activeFigures) expect(high).toBeGreaterThanOrEqual(best.low);
}

const ringsOf = (count: number, seed: number) => ringPlaylists({ count, size: 40, length: 10, seed });

it("the active version never gets worse in ten retrains, some of them on shuffled playlists", async () => {
  const { activeFigures, rejected } = await retrain(ringsOf(500, 6), buildTestCases(ringsOf(200, 7), undefined, 200), {
    vectorSize: 16,
    epochs: 4,
    holdOut: 100,
  });
  expect(rejected).toEqual([...shuffledRetrains]);
  expectNoneWorse(activeFigures);
});

const data = fileURLToPath(new URL("../../../../shared/data/classic_rock.", import.meta.url));

it.skipIf(!isFull || !existsSync(`${data}train.csv.gz`))(
  "nor on programmes of stations (FAULTS=full, with ../shared/data)",
  async () => {
    const columns = { playlistColumn: "Category", songColumn: "master_number", songIds: "numbers" } as const;
    const [lists, test] = [
      await readPlaylists(`${data}train.csv.gz`, columns),
      await readPlaylists(`${data}test.csv.gz`, columns),
    ];
    const { activeFigures, rejected } = await retrain(lists, buildTestCases(test, undefined, 2000), {});
    process.stderr.write(
      `NDCG@10 of the active version after each retrain: ` +
        `${activeFigures.map(({ figure }) => figure.toFixed(4)).join(" ")}; rejected: ${rejected.join(", ")}\n`,
    );
    expect(rejected).toEqual(expect.arrayContaining([...shuffledRetrains]));
    expectNoneWorse(activeFigures);
  },
  1_200_000,
);
