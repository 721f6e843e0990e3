import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { createError, type Song2vecError } from "../../errors.ts";

/** Above the needs of any request. */
const maxDepth = 32;
const maxLength = 20_000;

/**
 * Parses JSON, and limits its depth and list lengths before, since parsing is much slower for nested and long lists.
 * A body of white space is no body, whatever its type.
 */
export function parseBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    if (isBlank(body)) return done(null);
    if (!isUtf8(body)) return done(createError("MALFORMED_JSON", { reason: "not encoded in UTF-8" }));
    const problem = findExcess(body);
    if (problem) done(createError("JSON_TOO_LARGE", { problem }));
    else parse(request, body.toString(), done);
  });
  refuseOtherTypes(app);
  app.addHook("preValidation", (request, _reply, done) => {
    if (request.body === undefined && request.routeOptions.config.optionalBody) request.body = {};
    done();
  });
}

/** Refuses bodies of every type that has no parser. */
export function refuseOtherTypes(app: FastifyInstance): void {
  app.addContentTypeParser("*", async (request: FastifyRequest, body: IncomingMessage) => {
    for await (const chunk of body.iterator({ destroyOnReturn: false }))
      if (!isBlank(chunk)) throw unsupportedType(request);
  });
}

/** @returns UNSUPPORTED_MEDIA_TYPE with the types that the route takes */
export function unsupportedType({ headers, routeOptions: { schema, config } }: FastifyRequest): Song2vecError {
  const wanted = config.streamedBody?.mediaTypes ?? (schema?.body ? ["application/json"] : []);
  return createError("UNSUPPORTED_MEDIA_TYPE", { mediaType: headers["content-type"] ?? "", wanted });
}

export function isBlank(text: Uint8Array): boolean {
  return text.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}

/** Describes what exceeds the limits in a JSON text, valid or not; undefined if nothing does. */
export function findExcess(text: Uint8Array): string | undefined {
  const lengths = new Uint32Array(maxDepth + 1);
  let [depth, inString] = [0, false];
  for (let at = 0; at < text.length; at++) {
    const char = String.fromCharCode(text[at] ?? 0);
    if (inString && char === "\\") at++;
    else if (char === '"') inString = !inString;
    else if (inString) continue;
    else if (char === "]" || char === "}") depth = Math.max(0, depth - 1);
    else if (char === "[" || char === "{") {
      if (++depth > maxDepth) return `more than ${maxDepth} levels of nesting`;
      lengths[depth] = 1;
    } else if (char === "," && (lengths[depth] = (lengths[depth] ?? 0) + 1) > maxLength)
      return `more than ${maxLength.toLocaleString("en")} values in one list`;
  }
  return undefined;
}
