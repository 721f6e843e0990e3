import { randomBytes } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { Metrics } from "./metrics.ts";

/** Creates request ids: unique across restarts, in the order of arrival. */
export function createRequestIds(): () => string {
  const start = randomBytes(4).toString("hex");
  let count = 0;
  return () => `${start}-${(++count).toString(36)}`;
}

/** Sets X-Request-Id, and logs and counts each response. The log has no URL, body or header, therefore no API key. */
export function addRequestLog(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onRequest", (request, reply, done) => {
    void reply.header("x-request-id", request.id);
    done();
  });
  app.addHook("onResponse", ({ id, log, method, routeOptions, apiKey }, { statusCode: status, elapsedTime }, done) => {
    const route = routeOptions.url;
    const ms = Math.round(elapsedTime * 10) / 10;
    const level = isProbe(route) ? "debug" : "info";
    log[level]({ reqId: id, method, route, status, ms, ...(apiKey && { key: apiKey.name }) }, "request completed");
    metrics.recordResponse({
      method,
      route: routeOptions.config.refuses ? undefined : route,
      status,
      milliseconds: elapsedTime,
    });
    done();
  });
}

/** Whether a route is polled by a machine, so that its requests would fill the log. */
function isProbe(route = ""): boolean {
  return route.startsWith("/health/") || route === "/metrics";
}
