import type { IncomingMessage } from "node:http";

/** Reads a large body a piece at a time, and no other one in between; a small one as it comes. */
export type BodyTurns = (raw: IncomingMessage) => void;

/** Bytes that are in one piece, or nearly: what is read of a connection at once. */
const short = 2 ** 16;

/**
 * The system hands over up to 2 MB of a connection at once, each piece of which takes memory that was never used before:
 * large bodies that come together would hold the event loop for the sum of them. In turns, it goes round after each piece.
 */
export function createBodyTurns(): BodyTurns {
  const waiting: IncomingMessage[] = [];

  function readOne(): void {
    waiting.shift()?.resume();
    if (waiting.length > 0) setImmediate(readOne);
  }

  return (raw) => {
    if (Number(raw.headers["content-length"]) <= short) return;
    raw.pause();
    raw.on("data", () => {
      raw.pause();
      if (waiting.push(raw) === 1) setImmediate(readOne);
    });
  };
}
