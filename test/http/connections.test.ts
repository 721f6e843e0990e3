import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTrainedService, type TestService } from "../helpers/service.ts";

const get = (url: string, ...headers: string[]) =>
  [`GET ${url} HTTP/1.1`, "host: song2vec", ...headers, "", ""].join("\r\n");
const post = (body: string, ...headers: string[]) =>
  get("/v1/recommendations", "content-type: application/json", ...headers).replace("GET", "POST") + body;
const similar = "/v1/songs/3/similar?limit=5";
const json = JSON.stringify({ songs: ["3", "4"], limit: 3 });

let test: TestService;
let port: number;
beforeAll(async () => {
  test = await createTrainedService();
  await test.app.listen({ host: "127.0.0.1", port: 0 });
  ({ port } = test.app.server.address() as AddressInfo);
});
afterAll(() => test.close());

/** Sends pieces over one connection, some event loop iterations apart. @returns the statuses of the responses */
async function statusesOf(pieces: readonly string[], turns = 2): Promise<number[]> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const closed = once(socket, "close", { signal: AbortSignal.timeout(10_000) });
  let responses = "";
  socket.setEncoding("latin1").on("data", (text: string) => (responses += text));
  for (const piece of [...pieces, get("/health/live", "connection: close")]) {
    socket.write(piece, "latin1");
    for (let i = 0; i < turns; i++) await turn();
  }
  await closed;
  return [...responses.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
}

describe("a connection", () => {
  it("receives responses in the order of its requests, however these are split into packets", async () => {
    const requests = [
      get(similar),
      post(json, `content-length: ${json.length}`),
      get("/nowhere"),
      post(`${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`, "transfer-encoding: chunked"),
      get(similar, "if-none-match: *"),
      get("/v1/songs/nobody/similar"),
      post(get(similar), `content-length: ${get(similar).length}`),
    ];
    const expected = [200, 200, 404, 200, 304, 404, 400, 200];
    const all = requests.join("");
    expect(await statusesOf(requests)).toEqual(expected);
    for (const size of [1, 7, 50, 400]) {
      const pieces = Array.from({ length: Math.ceil(all.length / size) }, (_, i) =>
        all.slice(i * size, (i + 1) * size),
      );
      expect([size, ...(await statusesOf(pieces, 1))]).toEqual([size, ...expected]);
    }
  });

  it("receives no response to requests inside a rejected body", async () => {
    const big = post("", `content-length: ${2 ** 21}`);
    const filler = " ".repeat(2 ** 21 - 2 * get(similar).length);
    for (const turns of [1, 2, 20])
      expect(await statusesOf([get(similar), big, get(similar), filler, get(similar)], turns)).toEqual([200, 413, 200]);
  });
});
