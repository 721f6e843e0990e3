import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Caller, FastLane } from "./fast-lane.ts";
import type { serverLimits } from "./limits.ts";
import { bytesToCome } from "./plain-request.ts";

/**
 * A server as the framework makes it, with the lane before its own parser: where no request of a connection is under way, and
 * one was served before, which is when the server has its times for idle connections, the lane sees first what comes.
 *
 * @param lane the lane of now
 */
export function serverWithLane(
  lane: () => FastLane,
  listener: RequestListener,
  { http, keepAliveTimeout, requestTimeout }: ReturnType<typeof serverLimits>,
): Server {
  const underWay = new WeakMap<Socket, Progress>();
  const server = createServer(http, (request, response) => {
    underWay.get(request.socket)?.begin(request, response);
    listener(request, response);
  });
  server.on("connection", (socket) => {
    const progress = createProgress();
    const caller: Caller = { socket, text: "", headers: undefined };
    const parsers = socket.listeners("data");
    socket.removeAllListeners("data");
    socket.on("data", (piece) => {
      if (progress.isIdle() && lane()(caller, piece)) return;
      progress.take(piece);
      for (const parse of parsers) parse.call(socket, piece);
    });
    underWay.set(socket, progress);
  });
  return Object.assign(server, { keepAliveTimeout, requestTimeout });
}

/** How far a connection's requests are. */
interface Progress {
  /** Whether the parser is between two requests, after one at least, and all of them have their answers. */
  isIdle(): boolean;
  /** Sees what the parser is given. */
  take(piece: Buffer): void;
  begin(request: IncomingMessage, response: ServerResponse): void;
}

function createProgress(): Progress {
  let toCome = 0;
  let begun = 0;
  let ended = 0;
  return {
    isIdle: () => toCome === 0 && begun > 0 && begun === ended,
    take(piece) {
      if (toCome === 0) toCome = bytesToCome(piece.toString("latin1"));
      else if ((toCome -= piece.length) < 0) toCome = Number.NaN;
    },
    begin(request, response) {
      begun++;
      response.once("close", () => {
        if (request.complete) ended++; // else what is left of its body may come at any time
      });
    },
  };
}
