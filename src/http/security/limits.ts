import type { FastifyInstance, FastifyRequest } from "fastify";
import { createError } from "../../errors.ts";

/** How long a whole request may take to come in, whatever its route allows: the backstop of the limits below. */
const maxRequestMs = 3_600_000;

/** Requests that came together and are too slow are refused one after the other, over so many milliseconds. */
const maxSpreadMs = 400;

/** Options of the HTTP server that bound what a connection can hold. @param seconds for headers, and for most bodies */
export function serverLimits(seconds: number) {
  return {
    bodyLimit: 2 ** 20,
    requestTimeout: maxRequestMs,
    keepAliveTimeout: 72_000, // longer than the 60 s of the usual proxies, so that it is they who close
    http: { headersTimeout: seconds * 1000, connectionsCheckingInterval: 500, maxHeaderSize: 16_384 },
  };
}

/** Refuses compressed bodies, and bodies that take longer than their route allows. */
export function limitBodies(app: FastifyInstance, seconds: number): void {
  app.addHook("onRequest", (request, reply, done) => {
    const {
      "content-length": length = "0",
      "transfer-encoding": transfer,
      "content-encoding": coding = "identity",
    } = request.headers;
    if (length === "0" && transfer === undefined) return done();
    const limit = request.routeOptions.config.bodySeconds ?? seconds;
    const delay = limit * 1000 + Math.random() * maxSpreadMs;
    const timer = setTimeout(() => refuseSlow(request, reply.raw.writableEnded), delay).unref();
    request.raw.once("close", () => clearTimeout(timer));
    if (coding.toLowerCase() !== "identity") return done(createError("ENCODING_UNSUPPORTED", { coding }));
    done();
  });
}

function refuseSlow({ raw }: FastifyRequest, isAnswered: boolean): void {
  if (raw.complete || raw.destroyed) return;
  if (!isAnswered && raw.listenerCount("error") > 0) raw.emit("error", createError("REQUEST_TIMEOUT"));
  else raw.destroy();
}
