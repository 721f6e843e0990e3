import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

/** Ids of requests: unlike those of another start, and in the order they came. */
export function requestIds(): () => string {
  const start = randomBytes(4).toString('hex');
  let count = 0;
  return () => `${start}-${(++count).toString(36)}`;
}

/** Logs each answer, without its URL, its body or its headers, and hands its id to the client. */
export function registerLog(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { method, apiKey, routeOptions, log } = request;
    log.info({ method, route: routeOptions.url, status: reply.statusCode, ms: Math.round(reply.elapsedTime * 10) / 10, ...(apiKey && { key: apiKey.name }) }, 'answered');
    done();
  });
}
