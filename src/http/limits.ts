import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { createError } from "../errors.ts";
import { type BodyTurns, createBodyTurns } from "./body-turns.ts";

/** How long a whole request may take to come in, whatever its route allows: the backstop of the limits below. */
const longestRequest = 3_600_000;

/** Milliseconds over which requests that came together and are too slow are given up one after the other. */
const spread = 400;

/** Options of the HTTP server that bound what a connection can hold. @param seconds for headers, and for most bodies */
export function serverLimits(seconds: number) {
  return {
    bodyLimit: 2 ** 20,
    requestTimeout: longestRequest,
    keepAliveTimeout: 72_000, // longer than the 60 s of the usual proxies, so that it is they who close
    http: { headersTimeout: seconds * 1000, connectionsCheckingInterval: 500, maxHeaderSize: 16_384 },
  };
}

/** Refuses bodies that are compressed, and those that do not come in within their time; large ones are read in turns. */
export function limitBodies(app: FastifyInstance, seconds: number): void {
  const inTurns = createBodyTurns();
  app.addHook("onRequest", (request, reply, done) => {
    const {
      "content-length": length = "0",
      "transfer-encoding": transfer,
      "content-encoding": coding = "identity",
    } = request.headers;
    if (length === "0" && transfer === undefined) return done();
    const limit = request.routeOptions.config.bodySeconds ?? seconds;
    const timer = setTimeout(
      () => giveUp(request, reply.raw.writableEnded),
      limit * 1000 + Math.random() * spread,
    ).unref();
    request.raw.once("close", () => clearTimeout(timer));
    if (!request.routeOptions.config.streamedBody) inTurns(request.raw);
    reply.raw.once("prefinish", () => drop(request.raw, inTurns));
    if (coding.toLowerCase() !== "identity") return done(createError("ENCODING_UNSUPPORTED", { coding }));
    done();
  });
}

/** What still comes in of a body whose request has its answer: it leads to nothing, and holds up nobody. */
function drop(raw: IncomingMessage, inTurns: BodyTurns): void {
  if (raw.complete || raw.destroyed) return;
  if (raw.listenerCount("data") === 0) inTurns(raw);
  raw.resume().read(0);
}

function giveUp({ raw }: FastifyRequest, answered: boolean): void {
  if (raw.complete || raw.destroyed) return;
  if (!answered && raw.listenerCount("error") > 0) raw.emit("error", createError("REQUEST_TIMEOUT"));
  else raw.destroy();
}
