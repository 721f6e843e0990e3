import { createConnection, type Socket } from "node:net";

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** The whole request with this number, as it goes over the wire. */
  readonly request: (number: number) => Buffer;
  /** Requests a second, whatever the answers do; without it each connection asks again as soon as it is answered. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds from when a request was due. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** All of them, ascending. */
  readonly latencies: Float64Array;
  /** Answers that are neither 2xx nor 503. */
  readonly errors: number;
  /** Answers that are 503, and milliseconds from their requests to them. */
  readonly refused: number;
  readonly refusals: readonly number[];
  /** How long it took. */
  readonly seconds: number;
}

const head = Buffer.from("\r\n\r\n");

/**
 * Asks over keep-alive connections. On a processor that the server shares it matters what asking costs: this reads no more
 * of an answer than its status and its length, and takes half the time of autocannon, whose latencies are whole milliseconds.
 */
export async function load({ port, connections, seconds, request, rate }: LoadOptions): Promise<LoadResult> {
  const latencies: number[] = [];
  let errors = 0;
  const refusals: number[] = [];
  let sent = 0;
  const clients = await Promise.all(Array.from({ length: connections }, () => connect(port)));
  const began = performance.now();
  const isOver = () => performance.now() - began >= seconds * 1000;
  const interval = rate === undefined ? 0 : 1000 / rate;

  async function run(client: Client): Promise<void> {
    while (!isOver()) {
      const number = sent++;
      const due = rate === undefined ? performance.now() : began + number * interval;
      const early = due - performance.now();
      if (early > 0) await pause(early);
      const asked = performance.now();
      const { status } = await client.ask(request(number));
      latencies.push(performance.now() - due);
      if (status === 503) refusals.push(performance.now() - asked);
      else if (status < 200 || status > 299) errors++;
    }
  }

  await Promise.all(clients.map(run));
  const took = (performance.now() - began) / 1000;
  for (const client of clients) client.close();
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    requests: sorted.length,
    perSecond: sorted.length / took,
    p50: at(0.5),
    p99: at(0.99),
    max: at(1),
    latencies: sorted,
    errors,
    refused: refusals.length,
    refusals,
    seconds: took,
  };
}

interface Answer {
  readonly status: number;
  /** In lower case. */
  readonly headers: string;
}

export interface Client {
  /** Resolves once the whole answer is there. */
  ask(request: Buffer): Promise<Answer>;
  close(): void;
}

/** A keep-alive connection for one request after the other. */
export async function connect(port: number): Promise<Client> {
  const socket: Socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  let pending: PromiseWithResolvers<Answer> | undefined;
  let answer: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    answer = answer.length === 0 ? chunk : Buffer.concat([answer, chunk]);
    const end = answer.indexOf(head);
    if (end < 0) return;
    const headers = answer.toString("latin1", 0, end).toLowerCase();
    const [, length = "0"] = /\r\ncontent-length: (\d+)/.exec(headers) ?? [];
    if (answer.length < end + head.length + Number(length)) return;
    answer = Buffer.alloc(0);
    pending?.resolve({ status: Number(headers.slice(9, 12)), headers });
  });
  const fail = (error?: Error) => pending?.reject(error ?? new Error("the connection was closed"));
  socket.on("error", fail).on("close", () => fail());
  return {
    ask(request) {
      pending = Promise.withResolvers();
      socket.write(request);
      return pending.promise;
    },
    close: () => socket.destroy(),
  };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export function get(path: string): Buffer {
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
}

export function post(path: string, body: unknown): Buffer {
  const text = JSON.stringify(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
