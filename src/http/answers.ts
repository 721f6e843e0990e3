import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Recommender } from '../recommend/recommender.ts';
import type { Access } from './access.ts';
import { currentRecommender } from './current.ts';
import type { AppDeps } from './deps.ts';
import { createModelCache } from './model-cache.ts';

/** An answer that was given before, as it is written: its bytes, a character each. */
export interface KnownAnswer {
  readonly etag: string;
  /** The lines of its headers but for what is its own or each request's; undefined where they are not anybody's. */
  readonly head: string | undefined;
  /** The rest of its headers, the empty line, and its body, as one piece: a serialiser's strings are not, and are written slower. */
  readonly rest: string;
  /** Where the body starts in it. */
  readonly bodyAt: number;
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

const contentType = 'application/json; charset=utf-8';

export function createAnswers(deps: AppDeps): Answers {
  const kept = createModelCache<KnownAnswer>(({ rest }) => rest.length);
  let latestHead: string | undefined;
  const asked = new WeakMap<FastifyRequest, { readonly recommender: Recommender; readonly stamp: string }>();

  /** The model, how it is searched, the provisional songs, the request, and the program that words the answer. */
  function etagOf({ model: { version, manifest, graph }, stamp }: Recommender, url: string): string {
    const text = [deps.version, manifest.createdAt, manifest.files['vectors.safetensors'].sha256, graph ? 'index' : 'scan', stamp, url].join(' ');
    return `"${version}-${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  }

  return {
    known(url) {
      const recommender = deps.recommender();
      return recommender && kept.of(recommender).get(url);
    },

    hooks: {
      async onRequest(request, reply) {
        const recommender = currentRecommender(deps);
        const url = request.raw.url ?? '';
        const known = kept.of(recommender).get(url);
        const wanted = request.headers['if-none-match'];
        if (wanted !== undefined) {
          const etag = known?.etag ?? etagOf(recommender, url);
          if (names(wanted, etag)) return describe(reply, etag).code(304).send();
        }
        if (known) return describe(reply, known.etag).header('content-type', contentType).send(Buffer.from(known.rest.slice(known.bodyAt), 'latin1'));
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
        const own = `\r\netag: ${etag}\r\ncontent-length: ${Buffer.byteLength(payload)}\r\n\r\n`;
        const head = request.headers.origin === undefined ? headOf(reply) : undefined;
        if (head !== latestHead) latestHead = head; // one string for all of them
        kept.of(recommender).set(url, { etag, head: latestHead, rest: Buffer.from(own + payload).toString('latin1'), bodyAt: own.length, route, access });
        return payload;
      },
    },
  };
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
