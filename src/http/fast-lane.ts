import type { Socket } from "node:net";
import type { Ledger } from "./answered.ts";
import { type Answers, type KnownAnswer, questionOf } from "./answers.ts";
import type { Admit } from "./auth.ts";
import { shortBody } from "./json.ts";
import type { ApiKey } from "./keys.ts";
import { headEnd, isWhole, plainHeaders } from "./plain-request.ts";

/** A connection on which a whole request was served before. */
export interface Caller {
  readonly socket: Pick<Socket, "write" | "writableLength">;
  /** What followed the URL of its last request, which its next one most often repeats, and the headers in it. */
  text: string;
  headers: ReturnType<typeof plainHeaders>;
}

/** Answers what came in one piece, or leaves it. */
export type FastLane = (caller: Caller, piece: Buffer) => boolean;

export interface FastLaneOptions {
  readonly answers: Pick<Answers, "known">;
  readonly admit: Admit;
  /** Whether all requests have to go the long way. */
  readonly isClosed: () => boolean;
  readonly nextId: () => string;
  readonly ledger: Ledger;
  /** Counts an answer of which the metrics count more, by its `tallyOf`. */
  readonly count: (tally: string) => void;
  /** Milliseconds for which a connection may be idle. */
  readonly keepAliveTimeout: number;
}

/** Bytes of the longest request that is looked at: its head, and a short body. */
const longest = 4096 + shortBody;

/**
 * What was asked before is answered ahead of the framework and of the HTTP server, which take several times as long as the
 * answer itself: to whoever may have it, with the headers, the log line and the counts that it has on the long way. All that
 * needs a decision, and all that is not to the letter what such a request should be, goes there.
 */
export function createFastLane({
  answers,
  admit,
  isClosed,
  nextId,
  ledger,
  count,
  keepAliveTimeout,
}: FastLaneOptions): FastLane {
  const alive = `\r\nconnection: keep-alive\r\nkeep-alive: timeout=${Math.floor(keepAliveTimeout / 1000)}`;
  const dateNow = createDate();

  function send(
    { socket }: Caller,
    method: Method,
    { route, head, tally, rest }: KnownAnswer,
    key: ApiKey | null,
    began: number,
  ): void {
    const requestId = nextId();
    socket.write(`HTTP/1.1 200 OK\r\nx-request-id: ${requestId}\r\ndate: ${dateNow()}${alive}${head}${rest}`, "latin1");
    if (tally !== "") count(tally);
    ledger({ requestId, method, route, status: 200, milliseconds: performance.now() - began, key });
  }

  return (caller, piece) => {
    const began = performance.now();
    if (piece.length > longest || caller.socket.writableLength > 0) return false;
    const asked = read(piece.toString("latin1"));
    if (!asked) return false;
    const known = answers.known(questionOf(asked.url, asked.body));
    if (known?.head === undefined || isClosed()) return false;
    if (asked.text !== caller.text) Object.assign(caller, { text: asked.text, headers: plainHeaders(asked.text) });
    if (!caller.headers || !isWhole(caller.headers, asked.body)) return false;
    const key = admit(caller.headers, known.access);
    if (key === undefined) return false;
    send(caller, asked.method, known, key, began);
    return true;
  };
}

type Method = "GET" | "POST";

/** A request, as far as it can be told without its headers. */
interface Asked {
  readonly method: Method;
  readonly url: string;
  /** From the blank behind the URL to the empty line. */
  readonly text: string;
  readonly body: string | undefined;
}

function read(request: string): Asked | undefined {
  const method = request.startsWith("GET /") ? "GET" : request.startsWith("POST /") ? "POST" : undefined;
  if (!method) return undefined;
  const start = method.length + 1;
  const end = request.indexOf(" ", start);
  const url = request.slice(start, end);
  if (method === "GET") return { method, url, text: request.slice(end), body: undefined };
  const bodyAt = request.indexOf(headEnd, end) + headEnd.length;
  return { method, url, text: request.slice(end, bodyAt), body: request.slice(bodyAt) };
}

/** The time as HTTP has it, worded once a second. */
function createDate(): () => string {
  let second = 0;
  let text = "";
  return () => {
    const now = Math.floor(Date.now() / 1000);
    if (now !== second) [second, text] = [now, new Date(now * 1000).toUTCString()];
    return text;
  };
}
