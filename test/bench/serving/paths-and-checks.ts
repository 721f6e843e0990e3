/**
 * Quality and latency of paths, playlist checks and cold-start songs, on the model of each data directory:
 *
 *     npm run bench:paths -- /tmp/sample /tmp/polimi2018
 */
import { basename, join } from "node:path";
import type { Model } from "../../../src/model/model.ts";
import { openVersions } from "../../../src/model/format/versions.ts";
import { measureCohesion } from "../../../src/recommend/query/cohesion.ts";
import { similarityQuery } from "../../../src/recommend/vectors/mean.ts";
import { createColdStartEmbeddings, embedColdStartSong } from "../../../src/recommend/cold-start/embeddings.ts";
import { findPath } from "../../../src/recommend/query/path.ts";
import {
  noColdStartSongs,
  ColdStartSongSet,
  referencesOfPlaylists,
} from "../../../src/recommend/cold-start/cold-start-songs.ts";
import { createRecommender } from "../../../src/recommend/query/recommender.ts";
import { loadScan } from "../../../src/recommend/vectors/scan.ts";
import { createSearch, type Search } from "../../../src/recommend/pool/search.ts";
import { describeMachine } from "../machine.ts";
import { cell, printTable, type Row } from "../table.ts";
import { loadNewest } from "../../../src/model/loading/load.ts";

const between = 5;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
const noColdStart = async (model: Model) => (await createColdStartEmbeddings(model, noColdStartSongs))();
const share = (values: readonly boolean[]) => mean(values.map(Number));

function playlistsOf({ playlists }: Model): number[][] {
  const { offsets, rows } = playlists ?? { offsets: new Uint32Array(1), rows: new Uint32Array() };
  return Array.from({ length: offsets.length - 1 }, (_, i) => [...new Set(rows.subarray(offsets[i], offsets[i + 1]))]);
}

/** Paths between popular songs, compared with the songs nearest to evenly spaced points between the two. */
async function paths(search: Search): Promise<Row> {
  const { model } = search;
  const unit = (row: number) => similarityQuery(model, [{ row, weight: 1 }]);
  const cosine = (row: number, other: number) => search.scoresOf("input", unit(row), Uint32Array.of(other))[0] ?? 0;
  const weakest = (rows: readonly number[]) => Math.min(...rows.slice(1).map((row, i) => cosine(row, rows[i] ?? 0)));
  const pairs = Array.from({ length: 30 }, (_, i) => [(i * 37) % 400, (i * 53 + 11) % 600] as const);
  const straight: number[] = [];
  for (const [from, to] of pairs) {
    const angle = Math.acos(cosine(from, to));
    const rows = [from];
    for (let i = 1; i <= between; i++) {
      const at = i / (between + 1);
      const point = similarityQuery(model, [
        { row: from, weight: Math.sin((1 - at) * angle) },
        { row: to, weight: Math.sin(at * angle) },
      ]);
      rows.push((await search.nearest("input", point, 1, [...rows, to])).rows[0] ?? 0);
    }
    straight.push(weakest([...rows, to]));
  }
  const coldStart = await noColdStart(model);
  const started = performance.now();
  const found: number[] = [];
  for (const [from, to] of pairs)
    found.push(
      Math.min(...(await findPath(search, coldStart, from, to, between)).map(({ cosine: step }) => step ?? 1)),
    );
  return {
    "weakest step of a path": cell(mean(found), 3),
    "of the songs nearest to evenly spaced points": cell(mean(straight), 3),
    "ms per path": cell((performance.now() - started) / pairs.length, 1),
  };
}

/** Adds a random song to training playlists. */
async function checks(search: Search): Promise<Row> {
  const coldStart = await noColdStart(search.model);
  const all = playlistsOf(search.model);
  const songs = search.model.songs.length;
  const step = Math.max(1, Math.floor(all.length / 300));
  const checked = all
    .filter((_, i) => i % step === 0)
    .map((rows, i) => ({ rows: rows.slice(0, 30), intruder: (i * 7919 + 13) % songs }))
    .filter(({ rows, intruder }) => rows.length >= 5 && !rows.includes(intruder));
  const started = performance.now();
  const outcomes = checked.map(({ rows, intruder }) => ({
    rows,
    ...measureCohesion(search, coldStart, [...rows, intruder]),
  }));
  const milliseconds = (performance.now() - started) / checked.length;
  return {
    playlists: cell(checked.length),
    cohesion: cell(mean(checked.map(({ rows }) => measureCohesion(search, coldStart, rows).cohesion ?? 0)), 3),
    "added song fits worst": cell(
      share(outcomes.map(({ fits }) => fits.indexOf(Math.min(...fits)) === fits.length - 1)),
      2,
    ),
    "added song is an outlier": cell(share(outcomes.map(({ outliers, rows }) => outliers.includes(rows.length))), 2),
    "own songs that are outliers": cell(
      mean(outcomes.map(({ outliers, rows }) => outliers.filter((i) => i < rows.length).length / rows.length)),
      3,
    ),
    "ms per check": cell(milliseconds, 1),
  };
}

/**
 * Embeds known songs as cold-start songs of three of their playlists: rank of the song itself among the similar songs.
 */
function coldStartSongs(search: Search): Row {
  const { model } = search;
  const all = playlistsOf(model);
  const idOf = (row: number) => model.songs.at(row)?.id ?? "";
  const ranks: number[] = [];
  for (let i = 0; i < 60; i++) {
    const row = Math.floor(model.songs.length * (0.05 + (0.9 * i) / 60));
    const own = all.filter((rows) => rows.includes(row)).slice(0, 3);
    const references = referencesOfPlaylists(
      idOf(row),
      own.map((rows) => rows.map(idOf)),
    );
    const embedded = embedColdStartSong(model, { songId: "", references });
    if (own.length < 3 || !embedded) continue;
    const scores = search.scores("input", embedded.unit);
    const checked = new Set(embedded.terms.map((term) => term.row));
    ranks.push(
      scores.reduce(
        (better, score, other) => (score > (scores[row] ?? 0) && !checked.has(other) ? better + 1 : better),
        0,
      ) / model.songs.length,
    );
  }
  return {
    "cold-start songs": cell(ranks.length),
    "rank of the song itself, % from the top": cell(100 * mean(ranks), 2),
  };
}

/** Latency with the maximum number of cold-start songs, each with 50 reference songs. */
async function withManyColdStartSongs({ model }: Search): Promise<Row> {
  const songs = model.songs.length;
  const idOf = (row: number) => model.songs.at(row % songs)?.id ?? "";
  const crowded = Array.from({ length: 10_000 }, (_, i) => ({
    songId: `new ${i}`,
    references: Array.from({ length: 50 }, (_reference, k) => ({ songId: idOf(i * 31 + k * 7), weight: 1 })),
  }));
  const row: Record<string, string> = {};
  for (const [name, provisional] of [
    ["alone", []],
    ["beside 10,000", crowded],
  ] as const) {
    const recommender = await createRecommender(model, 0, new ColdStartSongSet(provisional));
    for (const strategy of ["blend", "context", "similarity"] as const) {
      const times: number[] = [];
      for (let i = 0; i < 100; i++) {
        const query = {
          songs: Array.from({ length: 20 }, (_song, k) => ({ songId: idOf(i * 37 + k * 53), weight: 1 })),
          limit: 10,
          strategy,
        };
        const started = performance.now();
        await recommender.recommend(query);
        times.push(performance.now() - started);
      }
      row[`${strategy} ms, ${name}`] = cell(times.toSorted((a, b) => a - b)[50] ?? 0, 1);
    }
  }
  return row;
}

console.log(describeMachine());
const tables: Row[][] = [[], [], [], []];
for (const folder of process.argv.slice(2)) {
  const model = await loadNewest(await openVersions(join(folder, "models")));
  if (!model) throw new RangeError(`${folder} has no model`);
  const search = createSearch(model, await loadScan(), { threads: 0 });
  const what = { model: basename(folder), songs: cell(model.songs.length) };
  for (const [i, row] of [
    await paths(search),
    await checks(search),
    coldStartSongs(search),
    await withManyColdStartSongs(search),
  ].entries())
    tables[i]?.push({ ...what, ...row });
}
for (const table of tables) {
  console.log();
  printTable(table);
}
