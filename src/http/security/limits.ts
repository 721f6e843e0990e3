import type { FastifyInstance, FastifyRequest } from "fastify";
import { createError } from "../../errors.ts";

/** Upper limit for the time that a request takes to arrive, for all routes. */
const maxRequestMs = 3_600_000;

/** Milliseconds over which the rejections of simultaneous slow requests are spread. */
const maxSpreadMs = 400;

/**
 * Options of the HTTP server that limit the resources of a connection.
 * @param seconds for the headers, and for most bodies
 */
export function serverLimits(seconds: number) {
  return {
    bodyLimit: 2 ** 20,
    requestTimeout: maxRequestMs,
    keepAliveTimeout: 72_000, // longer than the usual 60 s of proxies, so that the proxy closes first
    // Without requireHostHeader, requests without a Host header reach requireHost, which explains the error.
    http: {
      requireHostHeader: false,
      headersTimeout: seconds * 1000,
      connectionsCheckingInterval: 500,
      maxHeaderSize: 16_384,
    },
  };
}

/** Rejects compressed bodies, and bodies that arrive too slowly for their route. */
export function limitBodies(app: FastifyInstance, seconds: number): void {
  app.addHook("onRequest", (request, reply, done) => {
    const {
      "content-length": length = "0",
      "transfer-encoding": transfer,
      "content-encoding": coding = "identity",
    } = request.headers;
    if (length === "0" && transfer === undefined) {
      delete request.headers["content-type"]; // an empty body is no body
      return done();
    }
    if (request.headers["content-type"]?.trim() === "") delete request.headers["content-type"];
    const limit = request.routeOptions.config.bodySeconds ?? seconds;
    const delay = limit * 1000 + Math.random() * maxSpreadMs;
    const timer = setTimeout(() => rejectSlow(request, reply.raw.writableEnded), delay).unref();
    request.raw.once("close", () => clearTimeout(timer));
    if (coding.toLowerCase() !== "identity") return done(createError("ENCODING_UNSUPPORTED", { coding }));
    done();
  });
}

function rejectSlow({ raw }: FastifyRequest, isSent: boolean): void {
  if (raw.complete || raw.destroyed) return;
  if (!isSent && raw.listenerCount("error") > 0) raw.emit("error", createError("REQUEST_TIMEOUT"));
  else raw.destroy();
}
