import { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { createError, type Song2vecError } from "../errors.ts";
import { problemType, toProblem } from "./schemas/problem.ts";

/** The response to the last request of a connection. */
const responses = new WeakMap<Socket, ServerResponse>();

/** Sends problem details for requests that Node would close the connection of, or respond to without a body. */
export function handleUnroutable(app: FastifyInstance): void {
  app.addHook("onRequest", (request, reply, done) => {
    responses.set(request.raw.socket, reply.raw);
    done();
  });
  app.server.on("connect", ({ socket }) => handleClientError(new Error("CONNECT"), socket));
  app.server.on("checkExpectation", (request, response) => app.server.emit("request", request, response));
}

/** Handles input that is not a valid HTTP request: sends a problem if possible, and closes the connection. */
export function handleClientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const problem = toProblem(brokenRequest(error.code));
  const response = responseOn(socket);
  if (response.headersSent) return socket.destroySoon();
  response.once("finish", () => socket.destroySoon());
  response.writeHead(problem.status, { "content-type": problemType, connection: "close" }).end(JSON.stringify(problem));
}

function responseOn(socket: Socket): ServerResponse {
  const last = responses.get(socket);
  if (last && !last.writableFinished) return last;
  const response = new ServerResponse(new IncomingMessage(socket));
  response.assignSocket(socket);
  return response;
}

function brokenRequest(code: string | undefined): Song2vecError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return createError("REQUEST_TIMEOUT");
  if (code === "HPE_HEADER_OVERFLOW") return createError("HEADERS_TOO_LARGE");
  return createError("BAD_REQUEST", { reason: "Malformed HTTP request." });
}
