import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import { createError } from "../errors.ts";
import { withTimeouts } from "./timeouts.ts";

interface ServerSentEvent {
  readonly id: string;
  readonly type: string;
  readonly data: unknown;
}

/** Open streams of server-sent events, each with backpressure from its client. */
export interface EventStreams {
  /** @throws TOO_MANY_STREAMS */
  send(reply: FastifyReply, open: (signal: AbortSignal) => AsyncIterable<ServerSentEvent>): FastifyReply;
  /** Ends all streams. */
  close(): void;
}

const maxStreams = 200;
/** Milliseconds without an event after which a comment keeps the connection alive. */
const heartbeat = 15_000;

export function createEventStreams(): EventStreams {
  const open = new Set<AbortController>();
  return {
    send(reply, start) {
      if (open.size >= maxStreams) throw createError("TOO_MANY_STREAMS", { limit: maxStreams });
      const controller = new AbortController();
      open.add(controller);
      reply.raw.once("close", () => {
        controller.abort();
        open.delete(controller);
      });
      const stream = Readable.from(encode(start(controller.signal)), { objectMode: false, highWaterMark: 16_384 });
      return reply
        .header("content-type", "text/event-stream")
        .header("cache-control", "no-store")
        .header("x-accel-buffering", "no")
        .send(stream);
    },
    close() {
      for (const controller of open) controller.abort();
    },
  };
}

async function* encode(events: AsyncIterable<ServerSentEvent>): AsyncGenerator<string> {
  yield "retry: 2000\n\n";
  for await (const event of withTimeouts(events, heartbeat)) {
    yield event ? `id: ${event.id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n` : ":\n\n";
  }
}
