import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createError } from '../errors.ts';

/** How long a whole request may take to come in, whatever its route allows: the backstop of the limits below. */
const longestRequest = 3_600_000;

/** Milliseconds over which requests that came together and are too slow are given up one after the other. */
const spread = 400;

/** Options of the HTTP server that bound what a connection can hold. @param seconds for headers, and for most bodies */
export function serverLimits(seconds: number) {
  return {
    bodyLimit: 2 ** 20,
    requestTimeout: longestRequest,
    keepAliveTimeout: 72_000, // longer than the 60 s of the usual proxies, so that it is they who close
    http: { headersTimeout: seconds * 1000, connectionsCheckingInterval: 500, maxHeaderSize: 16_384 },
  };
}

/** Refuses bodies that are compressed, and those that do not come in within their time. */
export function limitBodies(app: FastifyInstance, seconds: number): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { 'content-length': length = '0', 'transfer-encoding': transfer, 'content-encoding': coding = 'identity' } = request.headers;
    if (length === '0' && transfer === undefined) return done();
    const limit = request.routeOptions.config.bodySeconds ?? seconds;
    const timer = setTimeout(() => giveUp(request, reply.raw.writableEnded), limit * 1000 + Math.random() * spread).unref();
    request.raw.once('close', () => clearTimeout(timer));
    if (coding.toLowerCase() !== 'identity') return done(createError('ENCODING_UNSUPPORTED', { coding }));
    done();
  });
}

function giveUp({ raw }: FastifyRequest, answered: boolean): void {
  if (raw.complete || raw.destroyed) return;
  if (!answered && raw.listenerCount('error') > 0) raw.emit('error', createError('REQUEST_TIMEOUT'));
  else raw.destroy();
}
