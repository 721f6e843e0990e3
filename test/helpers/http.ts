import { Agent, request as requestHttp } from "node:http";

interface RequestOptions {
  /** POST where there is JSON, GET by default. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** A value that is sent as JSON. */
  readonly json?: unknown;
  readonly agent?: Agent;
}

export interface TestResponse {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly milliseconds: number;
}

/** One request, by the path as it stands: no client tidies it up. Rejects where the connection breaks. */
export function request(
  port: number,
  path: string,
  { json, method = json === undefined ? "GET" : "POST", headers, body = jsonBody(json), agent }: RequestOptions = {},
) {
  const started = performance.now();
  return new Promise<TestResponse & ReturnType<typeof withJson>>((resolve, reject) => {
    const ofBody = {
      ...(json !== undefined && { "content-type": "application/json" }),
      ...(body !== undefined && { "content-length": Buffer.byteLength(body) }), // Node leaves it out of GET and DELETE, so that the body would be read as another request
    };
    const sent = requestHttp(
      { host: "127.0.0.1", port, path, method, headers: { ...ofBody, ...headers }, ...(agent && { agent }) },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.once("error", reject);
        response.once("end", () => {
          const milliseconds = performance.now() - started;
          const { statusCode: status = 0, headers: received } = response;
          resolve(withJson({ status, body: text, headers: received, milliseconds }));
        });
      },
    );
    sent.once("error", reject);
    sent.end(body);
  });
}

const jsonBody = (value: unknown) => (value === undefined ? undefined : JSON.stringify(value));

function withJson(response: TestResponse) {
  return {
    ...response,
    /** The body, parsed when it is read. */
    get json() {
      return JSON.parse(response.body);
    },
  };
}

/** The response once the server has time for it: a busy one answers 503 with Retry-After first. */
export async function requestServed(...args: Parameters<typeof request>) {
  for (let tries = 0; ; tries++) {
    const response = await request(...args);
    if (response.status !== 503 || tries === 100) return response;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** The JSON of a response of that kind. */
export async function read(port: number, path: string) {
  return (await requestServed(port, path)).json;
}

/** Follows a job to its end by its events. */
export async function followJob(port: number, jobId: string) {
  await requestServed(port, `/v1/training-jobs/${jobId}/events`);
  return read(port, `/v1/training-jobs/${jobId}`);
}

/** The latencies in milliseconds of one request after another, until something else is done. */
export async function probe<T>(
  port: number,
  path: string,
  during: Promise<T>,
): Promise<{ result: T; latencies: number[]; failed: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const latencies: number[] = [];
  let failed = 0;
  let done = false;
  const result = during.finally(() => (done = true));
  while (!done) {
    const { status, milliseconds } = await request(port, path, { agent });
    latencies.push(milliseconds);
    if (status !== 200) failed++;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  agent.destroy();
  return { result: await result, latencies, failed };
}

/** Milliseconds that the event loop of the service was late at most since the last request for it. */
export async function longestDelay(port: number): Promise<number> {
  const { body } = await request(port, "/metrics");
  const resolution = 10;
  return Math.max(0, Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(body)?.[1]) * 1000 - resolution);
}
