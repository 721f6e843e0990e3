import { Agent, request as requestHttp } from "node:http";

interface RequestOptions {
  /** Default: POST with `json`, otherwise GET. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Sent as a JSON body. */
  readonly json?: unknown;
  readonly agent?: Agent;
}

export interface TestResponse {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly milliseconds: number;
}

/** Sends a request without normalising the path. Rejects if the connection breaks. */
export function request(
  port: number,
  path: string,
  { json, method = json === undefined ? "GET" : "POST", headers, body = jsonBody(json), agent }: RequestOptions = {},
) {
  const started = performance.now();
  return new Promise<TestResponse & ReturnType<typeof withJson>>((resolve, reject) => {
    const ofBody = {
      ...(json !== undefined && { "content-type": "application/json" }),
      // Node leaves it out of GET and DELETE, so that the body would be read as another request.
      ...(body !== undefined && { "content-length": Buffer.byteLength(body) }),
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
    /** The body, parsed on access. */
    get json() {
      return JSON.parse(response.body);
    },
  };
}

/** Sends a request, and retries it after each 503. */
export async function requestServed(...args: Parameters<typeof request>) {
  for (let tries = 0; ; tries++) {
    const response = await request(...args);
    if (response.status !== 503 || tries === 100) return response;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** The JSON body of such a response. */
export async function getJson(port: number, path: string) {
  return (await requestServed(port, path)).json;
}

/** Follows the events of a job to its end. @returns the ended job */
export async function followJob(port: number, jobId: string) {
  await requestServed(port, `/v1/training-jobs/${jobId}/events`);
  return getJson(port, `/v1/training-jobs/${jobId}`);
}

/** Latencies in milliseconds of sequential requests until a promise settles. */
export async function measureLatencies<T>(
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

/** Longest delay of the service's event loop since the last call, in milliseconds. */
export async function longestDelay(port: number): Promise<number> {
  const { body } = await request(port, "/metrics");
  const resolution = 10;
  return Math.max(0, Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(body)?.[1]) * 1000 - resolution);
}
