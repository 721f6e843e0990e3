import { createConnection, type Socket } from "node:net";

export interface LoadOptions {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** The n-th request, as bytes. */
  readonly request: (number: number) => Buffer;
  /** Open loop: requests per second. Without it each connection sends the next request after the response. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly perSecond: number;
  /** Latencies in milliseconds, from the time at which a request was due. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** All latencies, ascending. */
  readonly latencies: Float64Array;
  /** Responses other than 2xx and 503. */
  readonly errors: number;
  /** Number of 503 responses. `refusals` has their latencies in milliseconds, from the time of sending. */
  readonly refused: number;
  readonly refusals: readonly number[];
  /** Duration. */
  readonly seconds: number;
}

const head = Buffer.from("\r\n\r\n");

/**
 * Sends requests over keep-alive connections. The client shares the processor with the server, so its cost matters: it
 * reads only status and length of a response, and takes half the time of autocannon, which measures whole milliseconds.
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
      const sentAt = performance.now();
      const { status } = await client.send(request(number));
      latencies.push(performance.now() - due);
      if (status === 503) refusals.push(performance.now() - sentAt);
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

interface HttpResponse {
  readonly status: number;
  /** Lower-case header text. */
  readonly headers: string;
}

export interface Client {
  /** Resolves with the complete response. */
  send(request: Buffer): Promise<HttpResponse>;
  close(): void;
}

/** Opens a keep-alive connection for sequential requests. */
export async function connect(port: number): Promise<Client> {
  const socket: Socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  let pending: PromiseWithResolvers<HttpResponse> | undefined;
  let response: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    response = response.length === 0 ? chunk : Buffer.concat([response, chunk]);
    const end = response.indexOf(head);
    if (end < 0) return;
    const headers = response.toString("latin1", 0, end).toLowerCase();
    const [, length = "0"] = /\r\ncontent-length: (\d+)/.exec(headers) ?? [];
    if (response.length < end + head.length + Number(length)) return;
    response = Buffer.alloc(0);
    pending?.resolve({ status: Number(headers.slice(9, 12)), headers });
  });
  const fail = (error?: Error) => pending?.reject(error ?? new Error("connection closed"));
  socket.on("error", fail).on("close", () => fail());
  return {
    send(request) {
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
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ` +
      `${Buffer.byteLength(text)}\r\n\r\n${text}`,
  );
}
