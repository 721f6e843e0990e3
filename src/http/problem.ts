import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { createError, Song2vecError } from '../errors.ts';
import type { Problem } from './schemas/problem.ts';

const places: Record<string, string> = { body: 'body', params: 'path', querystring: 'query', headers: 'headers' };

/** Shapes every failure of the service as problem details; what is our fault is logged, and not told. */
export function registerProblems(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => sendProblem(reply, createError('ROUTE_NOT_FOUND', { method: request.method, path: request.url.split('?')[0] ?? '' })));
  app.setErrorHandler(answerError);
}

/** For errors of the framework that come before any route, a broken URL among them. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toError(error, request);
  if (known.fault === 'server' && known.code !== 'MODEL_NOT_READY') request.log.error({ err: error }, known.message);
  return sendProblem(reply, known, fieldErrors(error));
}

export function toProblem(error: Song2vecError): Problem {
  return {
    type: `urn:song2vec:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    code: error.code,
    detail: error.status === 500 ? createError('INTERNAL').message : error.message,
  };
}

function sendProblem(reply: FastifyReply, error: Song2vecError, errors?: Problem['errors']): FastifyReply {
  if (error.status === 503) void reply.header('retry-after', '1');
  const { progress } = error.params;
  const body = { ...toProblem(error), ...(errors && { errors }), ...(isProgress(progress) && { progress }) };
  return reply.code(error.status).header('content-type', 'application/problem+json; charset=utf-8').serializer(JSON.stringify).send(body);
}

function isProgress(value: unknown): value is NonNullable<Problem['progress']> {
  return typeof value === 'object' && value !== null && 'share' in value;
}

function toError(error: FastifyError, request: FastifyRequest): Song2vecError {
  if (error instanceof Song2vecError) return error;
  const cause = { cause: error };
  if (error.validation) return createError('VALIDATION_FAILED', { where: places[error.validationContext ?? 'body'] ?? 'request' }, cause);
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return createError('BODY_TOO_LARGE', { limit: request.routeOptions.bodyLimit }, cause);
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return createError('UNSUPPORTED_MEDIA_TYPE', { mediaType: request.headers['content-type'] ?? '' }, cause);
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return createError('MALFORMED_JSON', { reason: 'it is empty' }, cause);
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return createError('MALFORMED_JSON', { reason: 'it can not be parsed' }, cause);
  }
  if (error instanceof SyntaxError && error.statusCode === 400) return createError('MALFORMED_JSON', { reason: 'it can not be parsed' }, cause);
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) return createError('BAD_REQUEST', { reason: error.message }, cause);
  return createError('INTERNAL', undefined, cause);
}

function fieldErrors(error: FastifyError): Problem['errors'] {
  if (!hasZodFastifySchemaValidationErrors(error)) return undefined;
  return error.validation.flatMap((issue) => {
    const path = issue.instancePath.split('/').filter(Boolean).join('.');
    const keys = issue.keyword === 'unrecognized_keys' && Array.isArray(issue.params['keys']) ? issue.params['keys'] : undefined;
    if (keys) return keys.map((key) => ({ path: [path, String(key)].filter(Boolean).join('.'), message: 'Unknown field' }));
    return [{ path, message: issue.message ?? 'Invalid' }];
  });
}
