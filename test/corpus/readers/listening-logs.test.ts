import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTimeParser } from "../../../src/corpus/readers/times.ts";
import { playlistsOf, readText } from "../reading.ts";

const log = { userColumn: "user", timeColumn: "time", songColumn: "song" };

describe("a listening log", () => {
  it("is cut into sessions of each user where the pause is longer than 30 minutes", async () => {
    const { report, ...corpus } = await readText(
      "time,user,song\n" +
        "2024-05-01T10:00:00Z,u,101\n2024-05-01T10:05:00Z,v,201\n2024-05-01T10:35:00Z,v,202\n" +
        "2024-05-01T10:03:00Z,u,0102\n2024-05-01T10:33:01Z,u,103\n2024-05-01T10:35:00Z,u,104\n",
      log,
    );
    expect(playlistsOf({ report, ...corpus })).toEqual([
      ["101", "102"],
      ["103", "104"],
      ["201", "202"],
    ]);
    expect(report.listening).toEqual({ users: 2, sessions: 3, repeats: 0 });
  });

  it("is ordered by time, then as in the file, with consecutive repeats once", async () => {
    const { report, ...corpus } = await readText(
      "user,time,song\nu,300,103\nu,100,101\nu,200,102\nu,300,104\nu,400,104\nu,500,104\nu,600,101\n",
      log,
    );
    expect(playlistsOf({ report, ...corpus })).toEqual([["101", "102", "103", "104", "101"]]);
    expect(report).toMatchObject({ rows: 7, plays: { kept: 5 }, listening: { repeats: 2 } });
  });

  it("has columns by number without a header, and another gap", async () => {
    const options = { header: false, userColumn: "1", timeColumn: "2", songColumn: "4", sessionGap: 1 };
    const rows =
      'u\t2009-05-04T23:08:57Z\tartist\t7\ttitle\nu\t2009-05-04T23:09:57Z\tartist\t8\t"title\nu\t2009-05-04T23:11:00Z\tartist\t9\ttitle\n';
    expect(playlistsOf(await readText(rows, options))).toEqual([["7", "8"], ["9"]]);
  });

  it("drops and counts rows without a user, a time or a song", async () => {
    const rows = Array.from({ length: 400 }, (_, i) => `u,${i},${i}`);
    rows[10] = "NULL,10,10";
    rows[20] = "u,yesterday,20";
    rows[30] = "u,30,?";
    const { report } = await readText(["user,time,song", ...rows].join("\n"), log);
    expect(report.dropped).toMatchObject([
      { reason: "malformedRow", detail: "empty user id", count: 1, lines: [{ line: 12 }] },
      { reason: "malformedRow", detail: "invalid time", count: 1, lines: [{ line: 22 }] },
      { reason: "missingSong", count: 1, lines: [{ line: 32 }] },
    ]);
    await expect(readText("user,time,song\nu,31/12/2024,1\n", log)).rejects.toThrow(
      '"31/12/2024" is neither an ISO 8601 time nor a number since 1970',
    );
  });

  it("has the same sessions after later plays were added", async () => {
    const rows = Array.from({ length: 300 }, (_, i) => `user${i % 7},${i * 400},${i % 50}`);
    const keys = async (count: number) => [
      ...(await readText(["user,time,song", ...rows.slice(0, count)].join("\n"), log)).keys,
    ];
    const [before, after] = [await keys(200), await keys(300)];
    expect(before.filter((key) => !after.includes(key))).toEqual([]);
    expect(after.length).toBeGreaterThan(before.length);
  });

  it("is read equally in any order of rows with different times", async () => {
    const plays = fc.uniqueArray(fc.record({ user: fc.nat(3), time: fc.nat(20_000), song: fc.nat(5) }), {
      selector: ({ time }) => time,
      minLength: 1,
    });
    await fc.assert(
      fc.asyncProperty(plays, fc.nat(), async (given, turn) => {
        const read = async (some: typeof given) =>
          playlistsOf(
            await readText(
              ["user,time,song", ...some.map((play) => `u${play.user},${play.time},${play.song}`)].join("\n"),
              log,
            ),
          )
            .map(String)
            .toSorted();
        const at = turn % given.length;
        expect(await read([...given.slice(at), ...given.slice(0, at)])).toEqual(await read(given));
      }),
      { numRuns: 30 },
    );
  });
});

describe("a time", () => {
  const at = (text: string, zone = "UTC") => {
    const time = createTimeParser(zone)(text);
    return time === undefined ? undefined : new Date(time).toISOString();
  };

  it.each([
    ["2024-01-31T23:59:59Z", "2024-01-31T23:59:59.000Z"],
    ["2024-01-31 23:59:59.25+09:00", "2024-01-31T14:59:59.250Z"],
    ["2024-01-31 23:59:59.123456-0330", "2024-02-01T03:29:59.123Z"],
    ["2024-01-31 23:59:59 UTC", "2024-01-31T23:59:59.000Z"],
    ["20240131T235959+09", "2024-01-31T14:59:59.000Z"],
    ["2024/01/31 23:59", "2024-01-31T23:59:00.000Z"],
    ["2024-1-31 3:05", "2024-01-31T03:05:00.000Z"],
    ["2024. 1. 31 23:59", "2024-01-31T23:59:00.000Z"],
    ["2024-01-31", "2024-01-31T00:00:00.000Z"],
    ["20240131", "2024-01-31T00:00:00.000Z"],
    ["1706745599", "2024-01-31T23:59:59.000Z"],
    ["1706745599.5", "2024-01-31T23:59:59.500Z"],
    ["1706745599123", "2024-01-31T23:59:59.123Z"],
    ["1706745599123456", "2024-01-31T23:59:59.123Z"],
    ["1706745599123456789", "2024-01-31T23:59:59.123Z"],
    ["0", "1970-01-01T00:00:00.000Z"],
  ])("of %s is %s", (text, time) => expect(at(text)).toBe(time));

  it.each([
    ["2024-01-31 23:59:59", "Asia/Seoul", "2024-01-31T14:59:59.000Z"],
    ["2024-07-01 12:00:00", "America/New_York", "2024-07-01T16:00:00.000Z"],
    ["2024-01-01 12:00:00", "America/New_York", "2024-01-01T17:00:00.000Z"],
    ["2024-03-10 03:00:00", "America/New_York", "2024-03-10T07:00:00.000Z"],
    ["2024-11-03 01:30:00", "America/New_York", "2024-11-03T05:30:00.000Z"],
    ["2024-11-03 02:30:00", "America/New_York", "2024-11-03T07:30:00.000Z"],
    ["2024-01-31T23:59:59Z", "Asia/Seoul", "2024-01-31T23:59:59.000Z"],
    ["2024-06-01 00:15", "Asia/Kathmandu", "2024-05-31T18:30:00.000Z"],
  ])("of %s in %s is %s", (text, zone, time) => expect(at(text, zone)).toBe(time));

  it.each([
    "",
    "yesterday",
    "31/12/2024",
    "2024-13-01",
    "2024-02-30",
    "2024-01-01T25:00",
    "12:30",
    "1.7E+09",
    "-",
    "45292.5",
    "2024-111",
  ])("is none: %j", (text) => expect(at(text)).toBeUndefined());
});
