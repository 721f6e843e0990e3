import type { DestinationStream } from "pino";

/** What a log is written to, and what is known of pino's own. */
export interface LogStream extends DestinationStream {
  flush(done?: (error?: Error) => void): void;
  flushSync(): void;
}

/** The same stream, which gets the lines of each turn of the event loop as one piece: to take a piece takes it longer than to make a line. */
export function byTurns(stream: LogStream): LogStream {
  let lines: string[] = [];
  const handOn = () => {
    if (lines.length > 0) stream.write(lines.join(""));
    lines = [];
  };
  const flushed: LogStream = {
    write(line) {
      if (lines.push(line) === 1) setImmediate(handOn);
    },
    flush(done) {
      handOn();
      stream.flush(done);
    },
    flushSync() {
      handOn();
      stream.flushSync();
    },
  };
  process.once("exit", () => flushed.flushSync());
  return flushed;
}
