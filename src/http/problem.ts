import type { IncomingMessage } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import type { z } from "zod";
import { createError, Song2vecError } from "../errors.ts";
import { type Problem, problemType, toProblem } from "./schemas/problem.ts";
import { unsupportedType } from "./security/json.ts";

const parts: Record<string, string> = { body: "body", params: "path", querystring: "query", headers: "headers" };

/** Sends every error as problem details. Internal errors are logged, and the client gets no details. */
export function registerProblems(app: FastifyInstance): void {
  app.setNotFoundHandler((request, reply) => {
    const malformed = malformedUrls.get(request.raw);
    if (malformed) return handleError(malformed, request, reply);
    const [path = ""] = request.url.split("?");
    return sendProblem(reply, createError("ROUTE_NOT_FOUND", { method: request.method, path }));
  });
  app.setErrorHandler(handleError);
}

/** Errors of requests that cannot be routed. */
const malformedUrls = new WeakMap<IncomingMessage, FastifyError>();

/** Routes a request with a malformed URL as one of an unknown path, so that every hook runs, as that for CORS. */
export function routeMalformedUrl(error: FastifyError, { raw, server }: FastifyRequest, reply: FastifyReply): void {
  malformedUrls.set(raw, error);
  raw.url = "/*"; // no route has it
  server.routing(raw, reply.raw);
}

function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toError(error, request);
  if (known.status >= 500 && known.status !== 503) request.log.error({ reqId: request.id, err: error }, known.message);
  return sendProblem(reply, known, fieldErrors(error, request));
}

type FieldErrors = NonNullable<Problem["errors"]>;

/** The invalid fields of an error of zod, as in the problem of a request. */
export function invalidFields({ issues }: z.ZodError): FieldErrors {
  return issues.flatMap((issue) =>
    describeIssue(issue.path.join("."), issue.message, issue.code === "unrecognized_keys" && issue.keys),
  );
}

/** @param unknown the unknown fields, if these are the issue */
function describeIssue(path: string, message: string, unknown: unknown): FieldErrors {
  if (!Array.isArray(unknown)) return [{ path, message }];
  return unknown.map((key) => ({ path: [path, String(key)].filter(Boolean).join("."), message: "Unknown field" }));
}

function sendProblem(reply: FastifyReply, error: Song2vecError, errors?: Problem["errors"]): FastifyReply {
  const { progress, retryAfter, allow } = error.params;
  if (typeof retryAfter === "number") void reply.header("retry-after", retryAfter);
  else if (error.status === 503) void reply.header("retry-after", 1);
  if (Array.isArray(allow)) void reply.header("allow", allow.join(", "));
  if (error.status === 401) void reply.header("www-authenticate", "Bearer");
  if (error.status === 408) void reply.header("connection", "close");
  // Keeps the connection: a client that is cut off while it sends never reads the response. Its body is discarded.
  else void reply.removeHeader("connection");
  const body = { ...toProblem(error), ...(errors && { errors }), ...(isProgress(progress) && { progress }) };
  return reply.code(error.status).header("content-type", problemType).serializer(JSON.stringify).send(body);
}

function isProgress(value: unknown): value is NonNullable<Problem["progress"]> {
  return typeof value === "object" && value !== null && "share" in value;
}

function toError(error: FastifyError, request: FastifyRequest): Song2vecError {
  if (error instanceof Song2vecError) return error;
  const cause = { cause: error };
  if (error.validation) {
    const where = parts[error.validationContext ?? "body"] ?? "request";
    return createError("VALIDATION_FAILED", { where, missing: isBodyMissing(error, request) }, cause);
  }
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return createError("BODY_TOO_LARGE", { limit: request.routeOptions.bodyLimit }, cause);
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return unsupportedType(request);
    case "FST_ERR_CTP_INVALID_JSON_BODY":
      return createError("MALFORMED_JSON", { reason: "syntax error" }, cause);
  }
  if (error instanceof SyntaxError && error.statusCode === 400)
    return createError("MALFORMED_JSON", { reason: "syntax error" }, cause);
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
    return createError("BAD_REQUEST", { reason: error.message }, cause);
  return createError("INTERNAL", undefined, cause);
}

function isBodyMissing({ validationContext }: FastifyError, { body }: FastifyRequest): boolean {
  return validationContext === "body" && body === undefined;
}

function fieldErrors(error: FastifyError, request: FastifyRequest): Problem["errors"] {
  if (isBodyMissing(error, request)) return [{ path: "", message: "must be JSON; the request has no body" }];
  if (!hasZodFastifySchemaValidationErrors(error)) return undefined;
  return error.validation.flatMap(({ instancePath, keyword, message = "Invalid", params }) => {
    const path = instancePath.split("/").filter(Boolean).join(".");
    return describeIssue(path, message, keyword === "unrecognized_keys" && params["keys"]);
  });
}
