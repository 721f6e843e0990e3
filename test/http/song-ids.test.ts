import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CorpusOptions, readCorpus } from "../../src/corpus/corpus.ts";
import { readCatalogue } from "../../src/corpus/readers/catalogue.ts";
import { readSongId } from "../../src/corpus/song-ids.ts";
import { openVersions } from "../../src/model/format/versions.ts";
import { importWord2vec } from "../../src/model/interchange/import-word2vec.ts";
import { escapeId } from "../../src/model/interchange/id-escapes.ts";
import { loadVersion } from "../../src/model/loading/load.ts";
import { hostileIds } from "../helpers/playlists.ts";
import { createTestService, type TestService } from "../helpers/service.ts";
import { exportToBuffer, fileOf } from "../model/interchange/exports.ts";
import { publishModel, publishWith, type SmallModel, temporaryFolder } from "../model/small-models.ts";

/** A service with this model, without playlists. */
async function serve(model: SmallModel): Promise<TestService> {
  const test = await createTestService();
  await publishModel(await openVersions(join(test.folder, "data/models")), model);
  await test.service.begin();
  return test;
}

/** Songs on a half circle. */
const circle = (ids: readonly string[]): SmallModel => ({
  songs: ids.map((id, row) => ({ id, count: 3 * (ids.length - row), artist: `Artist ${row % 3}` })),
  input: ids.map((_, row) => [Math.cos((3 * row) / ids.length), Math.sin((3 * row) / ids.length)]),
});

let test: TestService;
beforeAll(async () => {
  test = await serve({
    ...circle(["101", "102", "103", "104", "105", "0", "none at all", "x"]),
    untrained: [{ id: "555", count: 0, artist: "Artist 1" }],
  });
  expect(await send(["PUT", "/v1/songs/0777/vector", { like: ["0101", "101.0", "0102", "nobody"] }])).toMatchObject({
    songId: "777",
    references: [
      { songId: "101", weight: 2 / 3 },
      { songId: "102", weight: 1 / 3 },
    ],
    unknownSongs: ["nobody"],
  });
});
afterAll(() => test.close());

type Request = readonly ["GET" | "POST" | "PUT" | "DELETE", url: string, payload?: object];
async function send([method, url, payload]: Request, of = test) {
  const { statusCode, body } = await of.app.inject({ method, url, ...(payload && { payload }) });
  return { status: statusCode, ...(body === "" ? {} : JSON.parse(body)) };
}
const recommend = (body: object): Request => ["POST", "/v1/recommendations", { strategy: "similarity", ...body }];
const path = encodeURIComponent;

describe("a song id in another spelling gives the same response", () => {
  const spellings: readonly ((id: string) => string)[] = [
    (id) => `0${id}`,
    (id) => `${id}.0`,
    (id) => `${id},00`,
    (id) => ` ${id}\t`,
    (id) => `="000${id}"`,
    (id) => `'${id}`,
    (id) => `\u200b${id}\ufeff`,
    (id) => id.replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
  ];
  it.each<[string, (idOf: (id: string) => string) => Request]>([
    ["songs", (of) => recommend({ songs: [of("101")], explain: true })],
    ["songs, repeated", (of) => recommend({ songs: [{ songId: "101", weight: 2 }, of("101"), "103"] })],
    ["songs with weights", (of) => recommend({ songs: [{ songId: of("101"), weight: 2 }, "104"], explain: true })],
    ["songs with the id 0", (of) => recommend({ songs: [of("0")] })],
    ["a cold-start song", (of) => recommend({ songs: [of("777")], explain: true })],
    ["a song with artist fallback", (of) => recommend({ songs: [of("555"), "x"], onUnknown: "error" })],
    ["groups", (of) => recommend({ groups: [["x"], [of("101"), of("777")]], explain: true })],
    ["dislikes", (of) => recommend({ songs: ["101"], dislikes: [of("104"), of("777")] })],
    ["exclude", (of) => recommend({ songs: ["101"], exclude: [of("104"), of("777")] })],
    ["candidates", (of) => recommend({ songs: ["101"], candidates: [of("104"), of("777"), "x"] })],
    ["a batch", (of) => ["POST", "/v1/recommendations/batch", { requests: [{ songs: [of("101")] }] }]],
    ["a song", (of) => ["GET", `/v1/songs/${path(of("101"))}`]],
    ["similar songs", (of) => ["GET", `/v1/songs/${path(of("101"))}/similar`]],
    ["similar songs of a cold-start song", (of) => ["GET", `/v1/songs/${path(of("777"))}/similar`]],
    [
      "exclude in a query",
      (of) => ["GET", `/v1/songs/x/similar?exclude=${path(of("101"))}&exclude=${path(of("777"))}`],
    ],
    ["the ends of a path", (of) => ["GET", `/v1/songs/${path(of("101"))}/path/${path(of("777"))}`]],
    ["a search", (of) => ["GET", `/v1/songs?query=${path(of("101"))}&limit=1`]],
    ["a search for a cold-start song", (of) => ["GET", `/v1/songs?query=${path(of("777"))}&limit=1`]],
    ["a playlist check", (of) => ["POST", "/v1/playlists/check", { songs: [of("101"), "101", of("777"), "x"] }]],
  ])("in %s", async (_, request) => {
    const expected = await send(request((id) => id));
    expect(expected.status).toBe(200);
    for (const spell of spellings) expect(await send(request(spell)), spell("101")).toEqual(expected);
  });

  it("for a stored playlist, which keeps its ids as they were sent", async () => {
    const songs = ["0101", "101.0", "nobody"];
    expect(await send(["PUT", "/v1/playlists/p", { songs }])).toMatchObject({ status: 201, songs });
    const result = await send(["GET", "/v1/playlists/p/recommendations?strategy=similarity&dislikes=0104"]);
    expect(result.unknownSongs).toEqual(["nobody"]);
    expect(result).toEqual(await send(recommend({ songs: ["101", "nobody"], dislikes: ["104"] })));
  });

  it("for the vector of a cold-start song, which has one under all spellings", async () => {
    const put = (songId: string) => send(["PUT", `/v1/songs/${path(songId)}/vector`, { like: ["x"] }]);
    expect(await put("0888")).toMatchObject({ status: 201, songId: "888" });
    expect(await put("888.0")).toMatchObject({ status: 200, songId: "888" });
    expect(await put("0101")).toMatchObject({ status: 409, code: "SONG_TRAINED" });
    expect(await send(["DELETE", "/v1/songs/00888/vector"])).toMatchObject({ status: 204 });
    expect(await send(["GET", "/v1/songs/888"])).toMatchObject({ status: 404 });
    expect(await send(["PUT", "/v1/songs/new/vector", { playlists: [["new ", "x"], [" new"]] }])).toMatchObject({
      references: [{ songId: "x", weight: 1 }],
    });
    await send(["DELETE", "/v1/songs/new/vector"]);
  });

  it.each(["?", "NULL", " ", "1.5E+18", "12,000"])("unless %j is no id: it cannot get a vector", async (songId) => {
    const response = await send(["PUT", `/v1/songs/${path(songId)}/vector`, { like: ["x"] }]);
    expect(response).toMatchObject({ status: 400, code: "BAD_REQUEST", detail: expect.stringMatching(/^Song id "/) });
    expect(await send(recommend({ songs: [songId, "101"] }))).toMatchObject({ unknownSongs: [songId] });
  });

  it("but not in a model with literal ids", async () => {
    const literal = await serve({ ...circle(["101", "0101", "x"]), manifest: { songIds: "text" } });
    try {
      expect((await send(recommend({ songs: ["0101"] }), literal)).items).toHaveLength(2);
      expect(await send(["GET", "/v1/songs/0101"], literal)).toMatchObject({ songId: "0101" });
      expect(await send(["GET", "/v1/songs/101.0"], literal)).toMatchObject({ status: 404 });
      expect(await send(recommend({ songs: ["00101", " x"] }), literal)).toMatchObject({
        unknownSongs: ["00101", " x"],
      });
      const put = (songId: string) => send(["PUT", `/v1/songs/${songId}/vector`, { like: ["x"] }], literal);
      expect([await put("7"), await put("07")]).toMatchObject([{ status: 201 }, { status: 201 }]);
    } finally {
      await literal.close();
    }
  });
});

describe("unknown songs", () => {
  const lists = {
    dislikes: ["d", "101", "d"],
    exclude: ["107,102", "0999", "0102"],
    candidates: ["555", "777", "c", "x"],
  };
  const unknown = { dislikes: ["d"], exclude: ["107,102", "0999"], candidates: ["c"] };

  it("are listed for each field, as they were sent", async () => {
    expect(await send(recommend({ songs: ["104"], ...lists }))).toMatchObject({ unknownSongs: [], unknown });
    expect(await send(recommend({ groups: [["104"]], exclude: ["e"] }))).toMatchObject({ unknown: { exclude: ["e"] } });
    const [batched] = (await send(["POST", "/v1/recommendations/batch", { requests: [{ songs: ["104"], ...lists }] }]))
      .results;
    expect(batched).toMatchObject({ unknownSongs: [], unknown });
    await send(["PUT", "/v1/playlists/p", { songs: ["104"] }]);
    expect(
      await send(["GET", "/v1/playlists/p/recommendations?exclude=107,102&dislikes=d&candidates=c&candidates=x"]),
    ).toMatchObject({ unknown: { exclude: ["107,102"], dislikes: ["d"], candidates: ["c"] } });
    expect(await send(["GET", "/v1/songs/104/similar?exclude=101,102&exclude=103"])).toMatchObject({
      unknown: { exclude: ["101,102"] },
    });
  });

  it("are not mentioned if there are none", async () => {
    expect(await send(recommend({ songs: ["104"], exclude: ["0101", "777", "555"] }))).not.toHaveProperty("unknown");
    expect(await send(["GET", "/v1/songs/104/similar?exclude=0101"])).not.toHaveProperty("unknown");
  });

  it("are refused by field with onUnknown: error", async () => {
    expect(await send(recommend({ songs: ["104", "s"], ...lists, onUnknown: "error" }))).toMatchObject({
      status: 422,
      code: "UNKNOWN_SONGS",
      detail: 'Songs not found: "s", "d" (in dislikes), "107,102", "0999" (in exclude), "c" (in candidates).',
    });
    expect(await send(recommend({ songs: ["104"], exclude: ["777", "555"], onUnknown: "error" }))).toMatchObject({
      status: 200,
    });
  });
});

const quoted = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const anyId = fc.oneof(
  fc.bigInt({ min: -(10n ** 6n), max: 10n ** 24n }).map(String),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
  fc.string({ unit: "binary", minLength: 1, maxLength: 6 }),
  fc.constantFrom(
    ...hostileIds,
    "e\u0301",
    "\u05e9\u05dc\u05d5\u05dd 7",
    "100%",
    "%",
    "%25",
    "a%2Fb",
    "//",
    "/x/",
    "NaN 1",
  ),
);
/** Other spellings of a normalised id. */
function spellingsOf(id: string): string[] {
  const number = /^-?\d+$/.test(id) ? [id.replace(/^-?/, "$&00"), `${id}.0`, `${id},00`, `'${id}`, `"${id}"`] : [];
  return [` ${id}\t`, `\u200f${id}\u2069`, ...(id.includes('"') ? [] : [`="${id}"`]), ...number];
}
type Play = readonly [playlist: string, songId: string];
const csv = (header: string, rows: readonly (readonly string[])[]) =>
  [header, ...rows.map((row) => row.map(quoted).join(","))].join("\n");
/** Files of playlists, and how to read them. */
const playlistFiles: Record<string, [write: (plays: readonly Play[]) => string, options?: Partial<CorpusOptions>]> = {
  "playlists.csv": [(plays) => csv("Category,master_number", plays)],
  "playlists.tsv": [
    (plays) =>
      [["Category", "master_number"], ...plays]
        .map((row) => row.map((cell) => cell.replaceAll("\t", " ")).join("\t"))
        .join("\n"),
  ],
  "playlists.jsonl": [
    (plays) => plays.map(([playlistId, songId]) => JSON.stringify({ playlistId, songs: [songId] })).join("\n"),
  ],
  "listenings.csv": [
    (plays) =>
      csv(
        "user,time,master_number",
        plays.map(([user, songId], i) => [user, String(1.7e9 + i), songId]),
      ),
    { userColumn: "user", timeColumn: "time" },
  ],
};

describe.each(["numbers", "text"] as const)("with SONG_IDS=%s any id is the same song", (songIds) => {
  const texts = [...new Set(fc.sample(anyId, 120))].filter((text) => !/[\n\r\t]|^\.*$|^.{150}/.test(text));
  const ids = [...new Set(texts.map((text) => readSongId(text, songIds)).filter((id) => id !== undefined))];
  const spelled = ids.map((id, i) => {
    const all = songIds === "text" ? [id] : spellingsOf(id);
    return all[i % all.length] ?? id;
  });

  it.each(Object.entries(playlistFiles))("in %s", async (name, [write, options]) => {
    const file = join(await temporaryFolder(), name);
    await writeFile(file, write([...ids, ...spelled].map((songId, i) => [String(i % 7), songId])));
    const { vocabulary } = await readCorpus({
      sources: [file],
      songIds,
      minCount: 1,
      minPlaylistLength: 1,
      ...options,
    });
    expect(vocabulary.ids.toSorted()).toEqual(ids.toSorted());
  });

  it("in a catalogue", async () => {
    const source = join(await temporaryFolder(), "songs.csv");
    await writeFile(source, ["master_number,title", ...spelled.map((id, i) => `${quoted(id)},${i}`)].join("\n"));
    const { songs } = await readCatalogue({ source, songIds });
    expect(Array.from(songs, ([id, { title }]) => [id, title])).toEqual(ids.map((id, i) => [id, String(i)]));
  });

  it("in an import and in an export", async () => {
    const vectors = `${ids.length} 1\n${spelled.map((id, i) => `${escapeId(id)} ${i}\n`).join("")}`;
    const counts = ids.map((id, i) => `${escapeId(id)} ${1000 - i}\n`).join("");
    const { versions } = await publishWith((staging) =>
      importWord2vec(staging, {
        vectors: fileOf(vectors),
        counts: fileOf(counts),
        outputs: fileOf(vectors),
        ids: "escaped",
        songIds,
        importedBy: "a test",
      }),
    );
    const { songs } = await loadVersion(versions, 1);
    expect(Array.from(songs, ({ id }) => id)).toEqual(ids);
    const exported = (await exportToBuffer(versions, { format: "word2vec-vocabulary" })).toString();
    expect(exported).toBe(counts);
  });

  it("in requests", async () => {
    const service = await serve({ ...circle(ids), manifest: { songIds } });
    const get = async (url: string) => send(["GET", url], service);
    const one = { limit: 1, strategy: "similarity", explain: true };
    for (const [i, id] of ids.entries()) {
      const sent = spelled[i] ?? "";
      const other = ids[(i + 1) % ids.length] ?? "";
      const playlist = `/v1/playlists/${i}`;
      expect(await send(["PUT", playlist, { songs: [sent] }], service)).toMatchObject({ songs: [sent] });
      const found = {
        body: (await send(recommend({ songs: [sent], ...one }), service)).items[0].because[0].songId,
        candidate: (await send(recommend({ songs: [other], candidates: [sent], ...one }), service)).items[0].songId,
        path: (await get(`/v1/songs/${path(sent)}`)).songId,
        search: (await get(`/v1/songs?limit=1&query=${path(sent)}`)).items[0].songId,
        check: (await send(["POST", "/v1/playlists/check", { songs: [sent] }], service)).items[0].songId,
        playlist: (await get(`${playlist}/recommendations?limit=1&explain=true`)).items[0].because[0].songId,
      };
      expect(found, JSON.stringify(sent)).toEqual(Object.fromEntries(Object.keys(found).map((door) => [door, id])));
      const { items } = await get(`/v1/songs/${path(other)}/similar?limit=1000&exclude=${path(sent)}`);
      expect(items).toHaveLength(ids.length - 2);
    }
    await service.close();
  });
});
