import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Recommender } from "../recommend/recommender.ts";
import type { Access } from "./access.ts";
import { currentRecommender } from "./current.ts";
import type { AppDeps } from "./deps.ts";
import { createModelCache } from "./model-cache.ts";
import { headEnd } from "./plain-request.ts";

/** An answer that was given before, as it is written: its bytes, a character each. */
export interface KnownAnswer extends Kind {
  /** What the metrics count of it beside that it was given; nothing where that is empty. */
  readonly tally: string;
  /** The rest of its headers, the empty line, and its body. */
  readonly rest: string;
}

/** What many answers have in common. */
interface Kind {
  /** The lines of its headers but for what is its own or each request's; undefined where they are not anybody's. */
  readonly head: string | undefined;
  readonly route: string | undefined;
  readonly access: Access;
}

/** The framework's hook that sees an answer's text. */
type OnSend = (request: FastifyRequest, reply: FastifyReply, payload: unknown) => Promise<unknown>;

/** What was answered before, where it depends on the model, the URL and the body alone. */
export interface Answers {
  /** What was answered to this question, `questionOf` its URL and its body, by the model that serves. */
  known(question: string): KnownAnswer | undefined;
  /** Of routes that are asked by the URL alone. */
  readonly hooks: {
    /** Answers what was asked before, or what the client still has. */
    onRequest(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
    /** Keeps an answer and names it. */
    readonly onSend: OnSend;
  };
  /** Of routes that are asked by their body: they say what is worth keeping. */
  readonly bodied: {
    /** Says that the answer to this request may be kept. */
    mayKeep(request: FastifyRequest, source: Source): void;
    /** Keeps those of which that was said, where the body is short. */
    readonly onSend: OnSend;
  };
}

/** What an answer is from. */
export interface Source {
  readonly recommender: Recommender;
  /** The recommender's stamp when it was asked. */
  readonly stamp: string;
  readonly tally: string;
}

/** Each is said by a character of one byte. */
const mostKinds = 256;
const tagLine = "\r\netag: ";
const contentType = "application/json; charset=utf-8";

export function createAnswers(deps: AppDeps): Answers {
  const kept = createModelCache(deps.recommender, "latin1");
  const kinds: Kind[] = [];
  const sources = new WeakMap<FastifyRequest, Source>();

  /** The model, how it is searched, the provisional songs, the request, and the program that words the answer. */
  function etagOf({ model: { version, manifest, graph }, stamp }: Recommender, url: string): string {
    const text = [
      deps.version,
      manifest.createdAt,
      manifest.files["vectors.safetensors"].sha256,
      graph ? "index" : "scan",
      stamp,
      url,
    ].join(" ");
    return `"${version}-${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  }

  function known(recommender: Recommender, question: string): KnownAnswer | undefined {
    const text = kept(recommender)?.get(question);
    if (text === undefined) return undefined;
    const kind = kinds[text.charCodeAt(0)];
    if (!kind) return undefined;
    const end = text.indexOf("\r\n");
    return { ...kind, tally: text.slice(1, end), rest: text.slice(end) };
  }

  function keep(recommender: Recommender, question: string, { head, route, access, tally, rest }: KnownAnswer): void {
    let place = kinds.findIndex((kind) => kind.head === head && kind.route === route && kind.access === access);
    if (place < 0 && kinds.length < mostKinds) place = kinds.push({ head, route, access }) - 1;
    if (place >= 0) kept(recommender)?.set(question, String.fromCharCode(place) + tally + rest);
  }

  /** What of a request's answer may be kept; undefined where it is none of the model that serves. */
  function sourceOf(request: FastifyRequest, reply: FastifyReply): Source | undefined {
    const source = sources.get(request);
    const isCurrent =
      source !== undefined && source.recommender === deps.recommender() && source.stamp === source.recommender.stamp;
    return isCurrent && reply.statusCode === 200 ? source : undefined;
  }

  function keepSent(
    request: FastifyRequest,
    reply: FastifyReply,
    { recommender, tally }: Source,
    question: string,
    tag: string,
    payload: string,
  ): void {
    const {
      url: route,
      config: { access = "admin" },
    } = request.routeOptions;
    const body = Buffer.from(payload);
    const head = request.headers.origin === undefined ? headOf(reply) : undefined;
    keep(recommender, question, {
      head,
      route,
      access,
      tally,
      rest: `${tag}\r\ncontent-length: ${body.length}${headEnd}${body.toString("latin1")}`,
    });
  }

  return {
    known(question) {
      const recommender = deps.recommender();
      return recommender && known(recommender, question);
    },

    hooks: {
      async onRequest(request, reply) {
        const recommender = currentRecommender(deps);
        const url = request.raw.url ?? "";
        const before = known(recommender, url);
        const wanted = request.headers["if-none-match"];
        if (wanted !== undefined) {
          const etag = before ? tagIn(before) : etagOf(recommender, url);
          if (names(wanted, etag)) return describe(reply, etag).code(304).send();
        }
        if (before) return describe(reply, tagIn(before)).header("content-type", contentType).send(bodyOf(before));
        sources.set(request, { recommender, stamp: recommender.stamp, tally: "" });
        return undefined;
      },

      async onSend(request, reply, payload) {
        const source = sourceOf(request, reply);
        if (!source || typeof payload !== "string") return payload;
        const url = request.raw.url ?? "";
        const etag = etagOf(source.recommender, url);
        describe(reply, etag);
        keepSent(request, reply, source, url, `${tagLine}${etag}`, payload);
        return payload;
      },
    },

    bodied: {
      mayKeep: (request, source) => void sources.set(request, source),

      async onSend(request, reply, payload) {
        const source = sourceOf(request, reply);
        if (!source || !request.rawBody || request.headers.origin !== undefined || typeof payload !== "string")
          return payload;
        const question = questionOf(request.raw.url ?? "", request.rawBody.toString("latin1"));
        if (!known(source.recommender, question)) keepSent(request, reply, source, question, "", payload);
        return payload;
      },
    },
  };
}

/** By what an answer is found: no URL has a blank. @param body its bytes, a character each; of a request without one, undefined */
export function questionOf(url: string, body: string | undefined): string {
  return body === undefined ? url : `${url} ${body}`;
}

function tagIn({ rest }: KnownAnswer): string {
  return rest.slice(tagLine.length, rest.indexOf("\r\n", tagLine.length));
}

function bodyOf({ rest }: KnownAnswer): Buffer {
  return Buffer.from(rest.slice(rest.indexOf(headEnd) + headEnd.length), "latin1");
}

function describe(reply: FastifyReply, etag: string): FastifyReply {
  return reply.header("etag", etag).header("cache-control", "private, no-cache");
}

const ownHeaders = new Set(["connection", "x-request-id", "etag", "content-length"]);

function headOf(reply: FastifyReply): string {
  const headers = Object.entries({ ...reply.getHeaders(), "content-type": contentType });
  return headers
    .filter(([name]) => !ownHeaders.has(name))
    .map(([name, value]) => `\r\n${name}: ${String(value)}`)
    .join("");
}

/** Whether an If-None-Match header names this tag. */
function names(header: string, etag: string): boolean {
  return header === etag || header.split(",").some((tag) => ["*", etag, `W/${etag}`].includes(tag.trim()));
}
