import type { FastifyInstance } from "fastify";
import { createError } from "../../errors.ts";

/** Above the needs of any request. */
const maxDepth = 32;
const maxLength = 20_000;

/** Limits the depth and the list lengths of JSON before parsing, which is much slower for nested and long lists. */
export function limitJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    const problem = findExcess(body);
    if (problem) done(createError("JSON_TOO_LARGE", { problem }));
    else parse(request, body.toString(), done);
  });
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
