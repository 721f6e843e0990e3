import type { IncomingHttpHeaders } from "node:http";

/** A header field as RFC 9112 has it, its value printable. */
const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)[ \t]*$/;

/** They say that the body comes in another form, that another protocol or another origin is behind a request, or that there is an older answer to compare with. */
const deciding = new Set([
  "content-encoding",
  "transfer-encoding",
  "trailer",
  "upgrade",
  "expect",
  "te",
  "if-none-match",
  "origin",
]);

/**
 * The headers of a request that asks for nothing but an answer, by their names in small letters; undefined where it is another
 * one, is not of this form to the letter, or names a header twice.
 *
 * @param text all that follows its URL, from the blank before the protocol to the empty line before its body
 */
export function plainHeaders(text: string): IncomingHttpHeaders | undefined {
  const [protocol, ...lines] = text.split("\r\n");
  if (protocol !== " HTTP/1.1" || lines.pop() !== "" || lines.pop() !== "") return undefined;
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const [, given = "", value = ""] = field.exec(line) ?? [];
    const name = given.toLowerCase();
    if (name === "" || name in headers || deciding.has(name)) return undefined;
    headers[name] = value;
  }
  if (headers["host"] === undefined || (headers["connection"] ?? "keep-alive").toLowerCase() !== "keep-alive")
    return undefined;
  return headers;
}

const json = /^application\/json(?:; ?charset=utf-8)?$/i;

/** Whether a request with these headers has this body, of JSON, and all of it. @param body its bytes, a character each; undefined for none */
export function isWhole(
  { "content-length": length, "content-type": type = "" }: IncomingHttpHeaders,
  body: string | undefined,
): boolean {
  return body === undefined ? length === undefined : length === String(body.length) && json.test(type);
}

/** Stands between the headers and the body. */
export const headEnd = "\r\n\r\n";
const bodyLength = /\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n/i;

/**
 * How many bytes of a connection's newest request are still to come behind these, with which it starts: 0 where it ends with
 * them. NaN where that can't be told, and so where a further one starts.
 */
export function bytesToCome(text: string): number {
  const end = text.indexOf(headEnd);
  const head = text.slice(0, end + 2);
  if (end < 0 || /\r\ntransfer-encoding:/i.test(head)) return Number.NaN;
  const left = end + headEnd.length + Number(bodyLength.exec(head)?.[1] ?? 0) - text.length;
  return left < 0 ? Number.NaN : left;
}
