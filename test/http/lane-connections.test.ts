import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFastLane } from "../../src/http/fast-lane.ts";
import { createTestService, type TestService } from "../helpers/service.ts";

const known = "/v1/songs/3/similar?limit=5";
const json = JSON.stringify({ songs: ["3", "4"], limit: 3 });
const get = (url: string, ...headers: string[]) =>
  [`GET ${url} HTTP/1.1`, "host: song2vec", ...headers, "", ""].join("\r\n");
const post = (body: string, ...headers: string[]) =>
  get("/v1/recommendations", "content-type: application/json", ...headers).replace("GET", "POST") + body;

/** Requests, and the statuses that they are answered with. */
const requests = {
  known: [get(known), 200],
  "known playlist": [post(json, `content-length: ${json.length}`), 200],
  "known, with more headers": [get(known, "accept: */*", "x-request-id: 7"), 200],
  "known, with a tag": [get(known, "if-none-match: *"), 304],
  "a head": [get(known).replace("GET", "HEAD"), 200],
  "not known": [get("/v1/songs/nobody/similar"), 404],
  "not there": [get("/nowhere"), 404],
  "not stored, which takes a while": [get("/v1/playlists/nobody"), 404],
  "with a body": [get(known, "content-length: 3") + "{ }", 200],
  "by a foreign name": [get(known).replace("song2vec", "evil.example"), 403],
  "playlist in other words": [post(` ${json}`, `content-length: ${json.length + 1}`), 200],
  "playlist in chunks": [
    post(`${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`, "transfer-encoding: chunked"),
    200,
  ],
  "playlist with a request in its body": [post(get(known), `content-length: ${get(known).length}`), 400],
} as const;
type Name = keyof typeof requests;

let test: TestService;
let port: number;
beforeAll(async () => {
  test = await createTestService(undefined);
  await test.service.begin();
  await test.app.listen({ host: "127.0.0.1", port: 0 });
  ({ port } = test.app.server.address() as AddressInfo);
});
afterAll(() => test.close());

const goodbye = get("/health/live", "connection: close");

/** All that a connection is answered that sends these pieces, so many turns of the event loop apart, and that the server then closes. */
async function answersUntilClosed(pieces: readonly string[], turns: number): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const closed = once(socket, "close", { signal: AbortSignal.timeout(10_000) });
  let answers = "";
  socket.setEncoding("latin1").on("data", (text: string) => (answers += text));
  for (const piece of pieces) {
    socket.write(piece, "latin1");
    for (let i = 0; i < turns; i++) await turn();
  }
  await closed;
  return answers;
}

/** All that a connection is answered that sends these pieces, so many turns of the event loop apart, and then says goodbye; but for that answer. */
async function answersTo(pieces: readonly string[], turns = 2): Promise<string> {
  const answers = await answersUntilClosed([...pieces, goodbye], turns);
  const last = answers.lastIndexOf("HTTP/1.1 200 ");
  expect(answers.slice(last)).toMatch(/\r\nconnection: close\r\n\r\n\{"status":"live"\}$/i);
  return answers.slice(0, last);
}

/** The answers one by one, each with as many bytes as it says. @param bodiless those to requests for heads alone */
function readAnswers(
  text: string,
  bodiless: (answer: number) => boolean = () => false,
): { status: number; body: string }[] {
  const answers: { status: number; body: string }[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf("\r\n\r\n", at) + 4;
    const [, status = ""] =
      /^HTTP\/1\.1 (\d+) /.exec(text.slice(at, end)) ?? expect.unreachable(`no answer: ${text.slice(at, at + 100)}`);
    const length =
      status === "304" || bodiless(answers.length)
        ? 0
        : Number(/\r\ncontent-length: (\d+)/i.exec(text.slice(at, end))?.[1]);
    at = end + length;
    answers.push({ status: Number(status), body: text.slice(end, at) });
  }
  return answers;
}

describe("a connection", () => {
  it("gets the answers to all of its requests, each once, whole and in their order, in whatever pieces they come", async () => {
    const names = Object.keys(requests) as Name[];
    for (let i = 0; i < 2; i++) await answersTo([get(known), requests["known playlist"][0]]);
    const [first, firstItems] = readAnswers(await answersTo([get(known), requests["known playlist"][0]]));
    let [byLane, playlistsByLane] = [0, 0];
    const asked = fc.array(fc.oneof(fc.constantFrom<Name>("known", "known playlist"), fc.constantFrom(...names)), {
      minLength: 1,
      maxLength: 8,
    });
    const likely = fc.array(
      fc.nat(9).map((any) => any > 0),
      { minLength: 20, maxLength: 20 },
    ); // ends of requests, and of their heads
    await fc.assert(
      fc.asyncProperty(
        asked,
        likely,
        fc.oneof(fc.constant([]), fc.array(fc.nat(), { maxLength: 2 })),
        fc.integer({ min: 1, max: 6 }),
        fc.boolean(),
        async (others, cutHere, cuts, turns, cutHeads) => {
          const list: Name[] = ["known", ...others];
          const all = list.map((name) => requests[name][0]).join("");
          const ends = [
            ...all.matchAll(
              cutHeads ? /\r\n\r\n|}(?=GET|POST|HEAD)/g : /\r\n\r\n(?=GET|POST|HEAD)|}(?=GET|POST|HEAD)/g,
            ),
          ]
            .map((end) => end.index + end[0].length)
            .filter((_, i) => cutHere[i]);
          const places = [...new Set([0, ...ends, ...cuts.map((cut) => cut % all.length), all.length])].toSorted(
            (a, b) => a - b,
          );
          const answered = await answersTo(
            places.slice(0, -1).map((place, i) => all.slice(place, places[i + 1])),
            turns,
          );
          byLane += answered.split("\r\ndate: ").length - 1;
          playlistsByLane +=
            answered.split(/\r\ndate: (?:(?!\r\n\r\n).)*\r\n\r\n\{"modelVersion":1,"strategy"/s).length - 1;
          const answers = readAnswers(answered, (answer) => list[answer] === "a head");
          expect(answers.map(({ status }) => status)).toEqual(list.map((name) => requests[name][1]));
          for (const [i, { body }] of answers.entries()) {
            if (list[i]?.includes("playlist") && answers[i]?.status === 200) expect(body).toBe(firstItems?.body);
            else if (list[i]?.startsWith("known") && list[i] !== "known, with a tag") expect(body).toBe(first?.body);
          }
        },
      ),
      { numRuns: 1000 },
    );
    expect(byLane).toBeGreaterThan(500);
    expect(playlistsByLane).toBeGreaterThan(100);
  });

  it.each([
    ["within a head", ["GET /nowhere HTTP/1.1\r\nhost: song2vec\r\n", get(known)], [200, 400]],
    [
      "within a body that says its length twice",
      [post("", "content-length: 3", `content-length: ${get(known).length}`), get(known)],
      [200, 400],
    ],
    ["within a body whose length is no number", [post("", "content-length: +10"), get(known)], [200, 400]],
  ])("that has something like a request %s is refused and closed", async (_, pieces, statuses) => {
    expect(readAnswers(await answersUntilClosed([get(known), ...pieces], 20)).map(({ status }) => status)).toEqual(
      statuses,
    );
  });

  it("whose body is refused before it came gets no answer to what is in it", async () => {
    const big = post("", `content-length: ${2 ** 21}`);
    const filler = " ".repeat(2 ** 21 - 2 * get(known).length);
    for (const turns of [1, 2, 20])
      expect(
        readAnswers(await answersTo([get(known), big, get(known), filler, get(known)], turns)).map(
          ({ status }) => status,
        ),
      ).toEqual([200, 413]);
  });

  it("that has broken off ends without harm", async () => {
    await answersTo([get(known)]);
    for (let i = 0; i < 20; i++) {
      const socket = connect(port, "127.0.0.1");
      socket.write(get(known));
      await once(socket, "data");
      for (let j = 0; j < 50; j++) socket.write(get(known));
      socket.resetAndDestroy();
    }
    expect(readAnswers(await answersTo([get(known), get(known)]))).toMatchObject([{ status: 200 }, { status: 200 }]);
  });

  it("that takes nothing gets no further answer from the lane", () => {
    const lane = createFastLane({
      answers: { known: () => ({ head: "", tally: "", rest: "\r\n\r\n", route: known, access: "reader" }) },
      admit: () => null,
      isClosed: () => false,
      nextId: () => "1",
      ledger: () => {},
      count: () => {},
      keepAliveTimeout: 1000,
    });
    const written: unknown[] = [];
    const socket = { writableLength: 0, write: (text: unknown) => written.push(text) > 0 };
    const caller = { socket, text: "", headers: undefined };
    expect([lane(caller, Buffer.from(get(known))), written.length]).toEqual([true, 1]);
    expect(lane({ ...caller, socket: { ...socket, writableLength: 1 } }, Buffer.from(get(known)))).toBe(false);
    expect(lane(caller, Buffer.from(get(known, `x: ${"y".repeat(12_288)}`)))).toBe(false);
    expect(written.length).toBe(1);
  });
});
