import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export interface Proxy {
  readonly origin: string;
  /** Breaks every connection, once. */
  cut(): void;
}

/** Starts a reverse proxy in front of a service, for one test. @param prefix what it takes off paths */
export async function startProxy(service: string, prefix = ""): Promise<Proxy> {
  const proxy = createServer((received, response) => {
    const { method, headers, url = "" } = received;
    const path = url.startsWith(`${prefix}/`) ? url.slice(prefix.length) : url;
    const passed = request(`${service}${path}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    response.on("close", () => passed.destroy());
    received.pipe(passed);
  });
  onTestFinished(() => void proxy.close());
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cut: () => proxy.closeAllConnections(),
  };
}
