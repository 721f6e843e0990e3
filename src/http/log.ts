import { randomBytes } from "node:crypto";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { Ledger } from "./answered.ts";

/** Ids of requests: unlike those of another start, and in the order they came. */
export function requestIds(): () => string {
  const start = randomBytes(4).toString("hex");
  let count = 0;
  return () => `${start}-${(++count).toString(36)}`;
}

/** Hands each request's id to its client. */
export function registerRequestIds(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    void reply.header("x-request-id", request.id);
    done();
  });
}

/** Logs each answer, without its URL, its body or its headers: there is nothing to redact, which would take longer than the rest. */
export function createAnswerLog(logger: FastifyBaseLogger): Ledger {
  const log = logger.child({}, { redact: [] });
  return ({ requestId: reqId, method, route, status, milliseconds, key }) => {
    log.info(
      { reqId, method, route, status, ms: Math.round(milliseconds * 10) / 10, ...(key && { key: key.name }) },
      "answered",
    );
  };
}
