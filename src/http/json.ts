import type { FastifyInstance } from "fastify";
import { createError } from "../errors.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The bytes of a short body of JSON, as they came. */
    rawBody: Buffer | null;
  }
}

/** Bytes up to which a body is short. */
export const shortBody = 8192;
/** Far beyond what any body of the service needs. */
const deepest = 32;
const longest = 20_000;

const [quote, backslash, comma, opens, closes] = [0x22, 0x5c, 0x2c, new Set([0x5b, 0x7b]), new Set([0x5d, 0x7d])];

/**
 * Bodies of JSON are looked over before they are parsed: lists in lists, and long lists, take the parser many times
 * as long as others of the same size.
 */
export function limitJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.decorateRequest("rawBody", null);
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    if (body.length <= shortBody) request.rawBody = body;
    const problem = findExcess(body);
    if (problem) done(createError("JSON_TOO_LARGE", { problem }));
    else parse(request, body.toString(), done);
  });
}

/** What is too much in a JSON text of UTF-8, sound or not; undefined where nothing is. */
export function findExcess(text: Uint8Array): string | undefined {
  const lengths = new Uint32Array(deepest + 1);
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] ?? 0;
    if (byte === quote) at = endOfString(text, at);
    else if (opens.has(byte)) {
      if (++depth > deepest) return `lists within more than ${deepest} others`;
      lengths[depth] = 1;
    } else if (closes.has(byte)) depth = Math.max(0, depth - 1);
    else if (byte === comma && (lengths[depth] = (lengths[depth] ?? 0) + 1) > longest)
      return `more than ${longest.toLocaleString("en")} values in one list`;
  }
  return undefined;
}

/** The place of the quote that ends a string, or the end of the text. */
function endOfString(text: Uint8Array, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === backslash) at++;
    else if (text[at] === quote) return at;
  }
  return text.length;
}
