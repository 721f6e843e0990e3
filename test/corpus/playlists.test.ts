import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ingestReportSchema } from "../../src/corpus/playlists.ts";
import { header, playlistsOf, readText } from "./reading.ts";

interface Row {
  readonly playlist: string;
  readonly song: string;
}

/** Reference implementation with maps and arrays. */
function readReference(
  rows: readonly Row[],
  minPlaylistLength: number,
  minCount: number,
  maxVocabulary: number | null,
  shortPlaylists: boolean,
) {
  const lists = Map.groupBy(
    rows.filter(({ song }) => song !== "?"),
    ({ playlist }) => playlist,
  );
  const playlistIds = [...new Set(rows.map(({ playlist }) => playlist))];
  const all = playlistIds.map((id) => (lists.get(id) ?? []).map(({ song }) => song));
  const long = all.filter((list) => list.length >= minPlaylistLength);
  const counts = new Map<string, number>();
  for (const song of long.flat()) counts.set(song, (counts.get(song) ?? 0) + 1);
  const frequent = [...counts].filter(([, count]) => count >= minCount).toSorted(([, a], [, b]) => b - a);
  const kept = frequent.slice(0, maxVocabulary ?? Infinity);
  const known = new Set(kept.map(([song]) => song));
  const playlists = long.map((list) => list.filter((song) => known.has(song)));
  const short = all
    .filter((list) => shortPlaylists && list.length < minPlaylistLength)
    .map((list) => list.filter((song) => known.has(song)))
    .filter((list) => list.length > 1);
  return { all, long, short, playlists, counts, frequent, kept };
}

describe("playlists", () => {
  const ids = fc.constantFrom("1", "2", "3", "x", "y z", "__proto__", "constructor");
  const rows = fc.array(fc.record({ playlist: ids, song: fc.oneof(ids, fc.constant("?")) }), {
    minLength: 1,
    maxLength: 60,
  });

  it("and their report equal those of the reference, for any rows", async () => {
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 4 }),
        fc.option(fc.integer({ min: 2, max: 5 })),
        fc.boolean(),
        async (given, minPlaylistLength, minCount, maxVocabulary, shortPlaylists) => {
          const content = header + given.map(({ playlist, song }) => `${playlist},${song}\n`).join("");
          const { all, long, short, playlists, counts, frequent, kept } = readReference(
            given,
            minPlaylistLength,
            minCount,
            maxVocabulary,
            shortPlaylists,
          );
          const limits = { minPlaylistLength, minCount, maxVocabulary };
          const reading = readText(content, { ...limits, shortPlaylists, clock: () => 0 });
          if (kept.length === 0) {
            await expect(reading).rejects.toMatchObject({ code: "NO_PLAYLISTS" });
            return;
          }
          const corpus = await reading;
          expect(playlistsOf(corpus)).toEqual(playlists);
          expect(playlistsOf({ ...corpus, ...corpus.short })).toEqual(short);
          expect(corpus.vocabulary.ids).toEqual(kept.map(([song]) => song));
          expect([...corpus.vocabulary.counts]).toEqual(kept.map(([, count]) => count));
          const { dropped, ...report } = corpus.report;
          const plays = playlists.flat().length;
          const frequentPlays = frequent.reduce((sum, [, count]) => sum + count, 0);
          expect(report).toEqual({
            files: ["standard input"],
            rows: given.length,
            stored: 0,
            playlists: { kept: long.length, leftOut: all.length - long.length, short: short.length },
            songs: {
              kept: kept.length,
              belowMinCount: counts.size - frequent.length,
              beyondMaxVocabulary: frequent.length - kept.length,
            },
            plays: {
              kept: plays,
              belowMinCount: long.flat().length - frequentPlays,
              beyondMaxVocabulary: frequentPlays - plays,
              leftOut: all.flat().length - long.flat().length,
            },
            seconds: 0,
          });
          expect(dropped.reduce((sum, { count }) => sum + count, 0)).toBe(given.length - all.flat().length);
          expect(ingestReportSchema.parse(corpus.report)).toEqual(corpus.report);
        },
      ),
    );
  });

  it("have trimmed, otherwise literal ids", async () => {
    expect(playlistsOf(await readText(`${header} a ,1\n"a",2\n01,3\n1,4\n`))).toEqual([["1", "2"], ["3"], ["4"]]);
  });

  it("are kept empty if minCount drops all their songs", async () => {
    const { offsets, report } = await readText(`${header}a,1\na,1\nb,2\n`, { minCount: 2 });
    expect([...offsets]).toEqual([0, 2, 2]);
    expect(report.playlists).toEqual({ kept: 2, leftOut: 0, short: 0 });
  });

  it("report the duration by the clock", async () => {
    const times = [1000, 3500];
    expect((await readText(`${header}a,1\n`, { clock: () => times.shift() ?? 0 })).report.seconds).toBe(2.5);
  });

  it("need at least one source", async () => {
    await expect(readText("", { sources: [] })).rejects.toThrow(RangeError);
  });
});
