import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { createBodyTurns } from "../../src/http/body-turns.ts";
import { useSampleService } from "../helpers/sample-service.ts";

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Reads bodies as the framework does, and hears of each piece. */
async function serve(onPiece: (raw: IncomingMessage) => void): Promise<number> {
  const inTurns = createBodyTurns();
  return listen(
    createServer((raw, response) => {
      const hash = createHash("sha256");
      inTurns(raw);
      raw.on("data", (piece: Buffer) => hash.update(piece) && onPiece(raw));
      raw.on("end", () => response.end(hash.digest("hex")));
      raw.resume();
    }),
  );
}

const post = (port: number, body: Buffer<ArrayBuffer>) =>
  fetch(`http://127.0.0.1:${port}/`, { method: "POST", body }).then((answer) => answer.text());

describe("large bodies", () => {
  it("come whole", async () => {
    const port = await serve(() => {});
    const bodies = [1, 65_536, 65_537, 3_000_000].map((length) => randomBytes(length));
    expect(await Promise.all(bodies.map((body) => post(port, body)))).toEqual(
      bodies.map((body) => createHash("sha256").update(body).digest("hex")),
    );
  });

  it("take turns: one turn of the event loop has two pieces at most, of all of them together", async () => {
    let turn: IncomingMessage[] = [];
    const turns: (typeof turn)[] = [];
    const endTurn = () => {
      turns.push(turn);
      turn = [];
    };
    const port = await serve((raw) => {
      if (turn.length === 0) setImmediate(endTurn);
      turn.push(raw);
    });
    await Promise.all(Array.from({ length: 5 }, () => post(port, Buffer.alloc(4_000_000))));
    expect(turns.length).toBeGreaterThan(5 * (4_000_000 / 2 ** 17));
    expect(Math.max(...turns.map((pieces) => pieces.length))).toBeLessThanOrEqual(2);
  });
});

describe("a large body that is refused", () => {
  const sample = useSampleService();

  it.each([
    ["as too large", 413, "POST /v1/recommendations", "content-type: application/json\r\n"],
    ["for its coding", 415, "POST /v1/recommendations", "content-type: application/json\r\ncontent-encoding: gzip\r\n"],
    ["at a place where nothing is", 404, "POST /v1/nothing", ""],
  ])("%s is read to its end, and its connection serves the next request", async (_, status, route, headers) => {
    const { app } = sample();
    const port =
      (app.server.address() as AddressInfo | null)?.port ??
      Number(new URL(await app.listen({ port: 0, host: "127.0.0.1" })).port);
    const body = Buffer.alloc(3_000_000, " ");
    const socket = connect(port, "127.0.0.1");
    socket.write(`${route} HTTP/1.1\r\nhost: x\r\n${headers}content-length: ${body.length}\r\n\r\n`);
    socket.write(body);
    socket.write("GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    const answers = [...(await text(socket)).matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, code]) => Number(code));
    expect(answers).toEqual([status, 200]);
  });
});
