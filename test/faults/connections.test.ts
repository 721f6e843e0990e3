import { connect, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { useBuiltService } from "../helpers/built-service.ts";
import { isFull, percentile, report, timeLimit } from "../helpers/fault-form.ts";
import { measureLatencies, request } from "../helpers/http.ts";

/** What a socket received until it was closed, and when it was closed. */
function conversation(port: number): { socket: Socket; ended: Promise<{ text: string; at: number }> } {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => {});
  const ended = new Promise<{ text: string; at: number }>((resolve) =>
    socket.once("close", () => resolve({ text, at: performance.now() })),
  );
  return { socket, ended };
}

function drip(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(
    () => (at < text.length && socket.writable ? socket.write(text[at++] ?? "") : clearInterval(timer)),
    500,
  );
  socket.once("close", () => clearInterval(timer));
}

const sockets = isFull ? 2000 : 100;
const seconds = 2;
const service = useBuiltService({ environment: { REQUEST_SECONDS: `${seconds}` } });

describe("row 16: slow clients", () => {
  const post =
    "POST /v1/recommendations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
  const attacks = [
    { what: "headers", first: "", slowly: post, status: "408" },
    { what: "a body", first: post, slowly: `{"songs":["${"1".repeat(980)}"]}`, status: "408" },
    {
      what: "a body in chunks",
      first: post.replace("Content-Length: 1000", "Transfer-Encoding: chunked"),
      slowly: '1\r\n{\r\n1\r\n"\r\n'.repeat(10),
      status: "408",
    },
    {
      what: "a body after its response",
      first: post.replace("application/json", "text/csv"),
      slowly: "{".repeat(100),
      status: "415",
    },
  ];

  it("that send headers or a body byte by byte are disconnected at the limit; others are served", async () => {
    const { port } = service();
    const quiet = await measureLatencies(
      port,
      "/v1/songs/1/similar",
      new Promise((resolve) => setTimeout(resolve, 1000)),
    );
    const slow = attacks.flatMap((attack) =>
      Array.from({ length: sockets / attacks.length }, () => ({
        ...attack,
        ...conversation(port),
        started: performance.now(),
      })),
    );
    for (const { socket, first, slowly } of slow) {
      socket.write(first);
      drip(socket, slowly);
    }
    const { result, latencies, failed } = await measureLatencies(
      port,
      "/v1/songs/1/similar",
      Promise.all(slow.map(({ ended }) => ended)),
    );
    const longest = Math.max(...result.map(({ at }, i) => at - (slow[i]?.started ?? 0))) / 1000;
    report(16, {
      sockets,
      "closed after s": longest,
      "p99 ms before": percentile(quiet.latencies, 0.99),
      "and during": percentile(latencies, 0.99),
    });
    const statuses = new Set(result.map(({ text }, i) => `${slow[i]?.what}: ${text.split(" ")[1]}`));
    expect([...statuses]).toEqual(attacks.map(({ what, status }) => `${what}: ${status}`));
    expect(longest).toBeLessThan(seconds + timeLimit(1));
    expect(failed).toBe(0);
    expect(percentile(latencies, 0.99)).toBeLessThan(timeLimit(Math.max(1.5 * percentile(quiet.latencies, 0.99), 10)));
  });
});

describe("row 17: idle clients", () => {
  it("use little memory, and do not block new clients", async () => {
    const clients = isFull ? 5000 : 500;
    const { port, memory } = service();
    const before = memory();
    const idle: Socket[] = [];
    for (let i = 0; i < clients; i += 100) {
      const opened = Array.from({ length: 100 }, () => conversation(port));
      await Promise.all(
        opened.map(
          ({ socket }) =>
            new Promise((resolve) => {
              socket.once("data", resolve);
              socket.write("GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n");
            }),
        ),
      );
      idle.push(...opened.map(({ socket }) => socket));
    }
    const { status, milliseconds } = await request(port, "/v1/songs/1/similar");
    const more = memory() - before;
    report(17, { clients, "MiB more": more, "response to a new client after ms": milliseconds });
    expect(idle.filter(({ destroyed }) => destroyed)).toEqual([]);
    expect(status).toBe(200);
    expect(more).toBeLessThan(150);
    for (const socket of idle) socket.destroy();
  });
});

describe("row 23: broken HTTP", () => {
  const requests = [
    ["a header of 20 KB", `GET /health/live HTTP/1.1\r\nHost: x\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    [
      "a length and chunks",
      "POST /v1/recommendations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    [
      "two lengths",
      "POST /v1/recommendations HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
      400,
    ],
    ["a broken encoding", "GET /v1/songs/%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400],
    ["no host", "GET /health/live HTTP/1.1\r\nConnection: close\r\n\r\n", 400],
    ["a header that is folded", "GET /health/live HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400],
    ["a NUL", "GET /health/live\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
  ] as const;

  it("is rejected once, and the connection is closed", async () => {
    const { port } = service();
    const responses = await Promise.all(
      requests.map(async ([name, text]) => {
        const { socket, ended } = conversation(port);
        socket.write(text, "latin1");
        return [name, [...(await ended).text.matchAll(/HTTP\/1.1 (\d+)/g)].map(([, status]) => Number(status))];
      }),
    );
    expect(responses).toEqual(requests.map(([name, , status]) => [name, [status]]));
    expect((await request(port, "/health/live")).status).toBe(200);
  });
});
