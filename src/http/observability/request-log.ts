import { randomBytes } from "node:crypto";
import type { FastifyInstance } from "fastify";
import type { Metrics } from "./metrics.ts";

/** Ids of requests: unlike those of another start, and in the order they came. */
export function createRequestIds(): () => string {
  const start = randomBytes(4).toString("hex");
  let count = 0;
  return () => `${start}-${(++count).toString(36)}`;
}

/** Sends each request's id to its client; logs and counts each response. The log has no URL, body or header, so no key either. */
export function addRequestLog(app: FastifyInstance, metrics: Metrics): void {
  app.addHook("onRequest", (request, reply, done) => {
    void reply.header("x-request-id", request.id);
    done();
  });
  app.addHook("onResponse", ({ id, log, method, routeOptions, apiKey }, { statusCode: status, elapsedTime }, done) => {
    const route = routeOptions.url;
    const ms = Math.round(elapsedTime * 10) / 10;
    log.info({ reqId: id, method, route, status, ms, ...(apiKey && { key: apiKey.name }) }, "answered");
    metrics.responded({ method, route, status, milliseconds: elapsedTime });
    done();
  });
}
