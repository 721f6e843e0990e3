import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Recommender } from '../recommend/recommender.ts';
import type { Access } from './access.ts';
import { currentRecommender } from './current.ts';
import type { AppDeps } from './deps.ts';
import { createModelCache } from './model-cache.ts';

/** An answer that was given before, as it is written: its bytes, a character each. */
export interface KnownAnswer extends Kind {
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

/** What was answered before, where it depends on the model and the URL alone. */
export interface Answers {
  /** What was answered to this URL by the model that serves. */
  known(url: string): KnownAnswer | undefined;
  /** Of routes whose answers are such. */
  readonly hooks: {
    /** Answers what was asked before, or what the client still has. */
    onRequest(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
    /** Keeps an answer and names it. */
    onSend(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown>;
  };
}

/** Each is said by a character of one byte. */
const mostKinds = 256;
const [tagLine, headEnd] = ['\r\netag: ', '\r\n\r\n'];
const contentType = 'application/json; charset=utf-8';

export function createAnswers(deps: AppDeps): Answers {
  const kept = createModelCache(deps.recommender, 'latin1');
  const kinds: Kind[] = [];
  const asked = new WeakMap<FastifyRequest, { readonly recommender: Recommender; readonly stamp: string }>();

  /** The model, how it is searched, the provisional songs, the request, and the program that words the answer. */
  function etagOf({ model: { version, manifest, graph }, stamp }: Recommender, url: string): string {
    const text = [deps.version, manifest.createdAt, manifest.files['vectors.safetensors'].sha256, graph ? 'index' : 'scan', stamp, url].join(' ');
    return `"${version}-${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  }

  function known(recommender: Recommender, url: string): KnownAnswer | undefined {
    const text = kept(recommender)?.get(url);
    if (text === undefined) return undefined;
    const kind = kinds[text.charCodeAt(0)];
    return kind && { ...kind, rest: text.slice(1) };
  }

  function keep(recommender: Recommender, url: string, kind: Kind, rest: string): void {
    let place = kinds.findIndex(({ head, route, access }) => head === kind.head && route === kind.route && access === kind.access);
    if (place < 0 && kinds.length < mostKinds) place = kinds.push(kind) - 1;
    if (place >= 0) kept(recommender)?.set(url, String.fromCharCode(place) + rest);
  }

  return {
    known(url) {
      const recommender = deps.recommender();
      return recommender && known(recommender, url);
    },

    hooks: {
      async onRequest(request, reply) {
        const recommender = currentRecommender(deps);
        const url = request.raw.url ?? '';
        const before = known(recommender, url);
        const wanted = request.headers['if-none-match'];
        if (wanted !== undefined) {
          const etag = before ? tagIn(before) : etagOf(recommender, url);
          if (names(wanted, etag)) return describe(reply, etag).code(304).send();
        }
        if (before) return describe(reply, tagIn(before)).header('content-type', contentType).send(bodyOf(before));
        asked.set(request, { recommender, stamp: recommender.stamp });
        return undefined;
      },

      async onSend(request, reply, payload) {
        const { recommender, stamp } = asked.get(request) ?? {};
        const isSame = recommender !== undefined && recommender === deps.recommender() && stamp === recommender.stamp;
        if (!isSame || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
        const url = request.raw.url ?? '';
        const etag = etagOf(recommender, url);
        describe(reply, etag);
        const { url: route, config: { access = 'admin' } } = request.routeOptions;
        const body = Buffer.from(payload);
        const head = request.headers.origin === undefined ? headOf(reply) : undefined;
        keep(recommender, url, { head, route, access }, `${tagLine}${etag}\r\ncontent-length: ${body.length}${headEnd}${body.toString('latin1')}`);
        return payload;
      },
    },
  };
}

function tagIn({ rest }: KnownAnswer): string {
  return rest.slice(tagLine.length, rest.indexOf('\r\n', tagLine.length));
}

function bodyOf({ rest }: KnownAnswer): Buffer {
  return Buffer.from(rest.slice(rest.indexOf(headEnd) + headEnd.length), 'latin1');
}

function describe(reply: FastifyReply, etag: string): FastifyReply {
  return reply.header('etag', etag).header('cache-control', 'private, no-cache');
}

const ownHeaders = new Set(['connection', 'x-request-id', 'etag', 'content-length']);

function headOf(reply: FastifyReply): string {
  const headers = Object.entries({ ...reply.getHeaders(), 'content-type': contentType });
  return headers.filter(([name]) => !ownHeaders.has(name)).map(([name, value]) => `\r\n${name}: ${String(value)}`).join('');
}

/** Whether an If-None-Match header names this tag. */
function names(header: string, etag: string): boolean {
  return header === etag || header.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
}
