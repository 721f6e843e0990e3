import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Recommender } from '../recommend/recommender.ts';
import { currentRecommender } from './current.ts';
import type { AppDeps } from './deps.ts';
import { createModelCache } from './model-cache.ts';

interface Answer {
  readonly etag: string;
  readonly body: string;
}

/** Hooks of routes whose answer depends on the model and the URL alone. */
export interface Answers {
  /** Answers what was asked before, or what the client still has. */
  onRequest(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>;
  /** Keeps an answer and names it. */
  onSend(request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<unknown>;
}

const contentType = 'application/json; charset=utf-8';

export function createAnswers(deps: AppDeps): Answers {
  const kept = createModelCache<Answer>(({ body }) => body.length);
  const asked = new WeakMap<FastifyRequest, { readonly recommender: Recommender; readonly stamp: string }>();

  /** The model, how it is searched, the provisional songs, the request, and the program that words the answer. */
  function etagOf({ model: { version, manifest, graph }, stamp }: Recommender, url: string): string {
    const text = [deps.version, manifest.createdAt, manifest.files['vectors.safetensors'].sha256, graph ? 'index' : 'scan', stamp, url].join(' ');
    return `"${version}-${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  }

  return {
    async onRequest(request, reply) {
      const recommender = currentRecommender(deps);
      const url = request.raw.url ?? '';
      const known = kept.of(recommender).get(url);
      const wanted = request.headers['if-none-match'];
      if (wanted !== undefined) {
        const etag = known?.etag ?? etagOf(recommender, url);
        if (names(wanted, etag)) return describe(reply, etag).code(304).send();
      }
      if (known) return describe(reply, known.etag).header('content-type', contentType).send(known.body);
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
      kept.of(recommender).set(url, { etag, body: payload });
      return payload;
    },
  };
}

function describe(reply: FastifyReply, etag: string): FastifyReply {
  return reply.header('etag', etag).header('cache-control', 'private, no-cache');
}

/** Whether an If-None-Match header names this tag. */
function names(header: string, etag: string): boolean {
  return header === etag || header.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
}
