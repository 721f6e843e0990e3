import type { Socket } from 'node:net';
import type { Ledger } from './answered.ts';
import type { Answers, KnownAnswer } from './answers.ts';
import type { Admit } from './auth.ts';
import type { ApiKey } from './keys.ts';
import { plainHeaders } from './plain-request.ts';

/** A connection on which a whole request was served before. */
export interface Caller {
  readonly socket: Pick<Socket, 'write' | 'writableLength'>;
  /** What followed the URL of its last request, which its next one most often repeats, and the headers in it. */
  text: string;
  headers: ReturnType<typeof plainHeaders>;
}

/** Answers what came in one piece, or leaves it. */
export type FastLane = (caller: Caller, piece: Buffer) => boolean;

export interface FastLaneOptions {
  readonly answers: Pick<Answers, 'known'>;
  readonly admit: Admit;
  /** Whether all requests have to go the long way. */
  readonly isClosed: () => boolean;
  readonly nextId: () => string;
  readonly ledger: Ledger;
  /** Milliseconds for which a connection may be idle. */
  readonly keepAliveTimeout: number;
}

/** Bytes of the longest request that is looked at. */
const longest = 4096;

/**
 * What was asked before is answered ahead of the framework and of the HTTP server, which take several times as long as the
 * answer itself: to whoever may have it, with the headers, the log line and the counts that it has on the long way. All that
 * needs a decision, and all that is not to the letter what such a request should be, goes there.
 */
export function createFastLane({ answers, admit, isClosed, nextId, ledger, keepAliveTimeout }: FastLaneOptions): FastLane {
  const alive = `\r\nconnection: keep-alive\r\nkeep-alive: timeout=${Math.floor(keepAliveTimeout / 1000)}`;
  const dateNow = createDate();

  function send({ socket }: Caller, { route, head, rest }: KnownAnswer, key: ApiKey | null, began: number): void {
    const requestId = nextId();
    socket.write(`HTTP/1.1 200 OK\r\nx-request-id: ${requestId}\r\ndate: ${dateNow()}${alive}${head}${rest}`, 'latin1');
    ledger({ requestId, method: 'GET', route, status: 200, milliseconds: performance.now() - began, key });
  }

  return (caller, piece) => {
    const began = performance.now();
    if (piece.length > longest || caller.socket.writableLength > 0) return false;
    const asked = piece.toString('latin1');
    if (!asked.startsWith('GET /')) return false;
    const end = asked.indexOf(' ', 4);
    const known = answers.known(asked.slice(4, end));
    if (known?.head === undefined || isClosed()) return false;
    const text = asked.slice(end);
    if (text !== caller.text) Object.assign(caller, { text, headers: plainHeaders(text) });
    const key = caller.headers && admit(caller.headers, known.access);
    if (key === undefined) return false;
    send(caller, known, key, began);
    return true;
  };
}

/** The time as HTTP has it, worded once a second. */
function createDate(): () => string {
  let second = 0;
  let text = '';
  return () => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) [second, text] = [now, new Date(now * 1000).toUTCString()];
    return text;
  };
}
