import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToCome, isWhole, plainHeaders } from "../../src/http/plain-request.ts";

const text = (...lines: string[]) => [" HTTP/1.1", ...lines, "", ""].join("\r\n");

describe("a plain request", () => {
  it("has its headers by their names in small letters", () => {
    expect({
      ...plainHeaders(
        text(
          "Host: song2vec:3000",
          "ACCEPT:*/*",
          "Authorization: \t Bearer a b\t",
          "Connection: Keep-Alive",
          'x-1: "e"',
        ),
      ),
    }).toEqual({
      host: "song2vec:3000",
      accept: "*/*",
      authorization: "Bearer a b",
      connection: "Keep-Alive",
      "x-1": '"e"',
    });
  });

  it.each([
    ["no Host", text("accept: */*")],
    ["two of them", text("host: a", "Host: b")],
    ["a header that comes twice", text("host: a", "authorization: Bearer a", "Authorization: Bearer b")],
    ["a body that is compressed", text("host: a", "Content-Length: 3", "Content-Encoding: gzip")],
    ["a body of chunks", text("host: a", "transfer-encoding: chunked")],
    ["a blank before the colon", text("host: a", "Content-Length : 3")],
    ["a line that goes on", text("host: a", " Content-Length: 3")],
    ["another protocol to change to", text("host: a", "connection: upgrade", "upgrade: h2c")],
    ["an end of its connection", text("host: a", "connection: close")],
    ["something to expect", text("host: a", "expect: 100-continue")],
    ["an older answer", text("host: a", 'if-none-match: "x"')],
    ["a page behind it", text("host: a", "origin: https://a.example")],
    ["an empty value", text("host:")],
    ["bytes that are no text", text("host: a", "x: \u00e9")],
    ["a control character", text("host: a", "x: a\u0000b")],
    ["ends of lines of their own", " HTTP/1.1\nhost: a\n\n"],
    ["a line feed alone", text("host: a\nContent-Length: 3")],
    ["an older protocol", " HTTP/1.0\r\nhost: a\r\n\r\n"],
    ["a second blank", `  HTTP/1.1\r\nhost: a\r\n\r\n`],
    ["something behind it", `${text("host: a")}GET / HTTP/1.1\r\nhost: a\r\n\r\n`],
    ["an empty line within", text("host: a", "", "x: y")],
    ["no end", " HTTP/1.1\r\nhost: a\r\n"],
    ["__proto__", text("host: a", "__proto__: x", "__PROTO__: y")],
  ])("has not %s", (_, given) => {
    expect(plainHeaders(given)).toBeUndefined();
  });

  it("is read back as it was written, and is none with a single character of another kind in its headers", () => {
    const name = fc.stringMatching(/^x-[a-z0-9!#$%&'*+.^_`|~-]{1,20}$/);
    const value = fc.stringMatching(/^[!-~]([ -~\t]{0,30}[!-~])?$/);
    const strange = fc.constantFrom(
      ...Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).filter(
        (character) => !/[\t -~]/.test(character),
      ),
    );
    fc.assert(
      fc.property(fc.dictionary(name, value, { noNullPrototype: true }), strange, fc.nat(), (given, character, any) => {
        const all = { host: "a", ...given };
        const lines = Object.entries(all).map((header) => header.join(": "));
        expect({ ...plainHeaders(text(...lines)) }).toEqual(all);
        const [block, place] = [lines.join("\r\n"), any % lines.join("\r\n").length];
        expect(plainHeaders(text(block.slice(0, place) + character + block.slice(place)))).toBeUndefined();
      }),
    );
  });
});

describe("a request is whole", () => {
  const type = "application/json";
  it.each([
    ["without a body", {}, undefined, true],
    ["not without one that it has", { "content-length": "2" }, undefined, false],
    ["not without one of which it says that it is empty", { "content-length": "0" }, undefined, false],
    ["with a body", { "content-length": "2", "content-type": type }, "{}", true],
    ["with a body in UTF-8", { "content-length": "2", "content-type": "application/json; charset=UTF-8" }, "{}", true],
    ["not with half of one", { "content-length": "3", "content-type": type }, "{}", false],
    ["not with more than one", { "content-length": "1", "content-type": type }, "{}", false],
    ["not where its length is worded otherwise", { "content-length": "02", "content-type": type }, "{}", false],
    ["not without a length", { "content-type": type }, "{}", false],
    ["not with a body of another type", { "content-length": "2", "content-type": "text/plain" }, "{}", false],
    ["not with one of which it does not say the type", { "content-length": "2" }, "{}", false],
  ])("%s", (_, headers, body, expected) => {
    expect(isWhole(headers, body)).toBe(expected);
  });
});

describe("of a request there are still to come", () => {
  const head = (...lines: string[]) => ["POST / HTTP/1.1", "host: a", ...lines, "", ""].join("\r\n");
  it.each([
    ["no bytes without a body", head(), 0],
    ["those of its body", head("Content-Length: 12"), 12],
    ["those that are left of it", `${head("content-length:12 ")}01234`, 7],
    ["none at its end", `${head("x: content-length: 3", "CONTENT-LENGTH: 5")}01234`, 0],
    ["nobody knows how many behind which another starts", `${head("content-length: 5")}012345`, Number.NaN],
    ["nobody knows how many without the end of its head", head("content-length: 5").slice(0, -1), Number.NaN],
    ["nobody knows how many of chunks", head("Transfer-Encoding: gzip, chunked"), Number.NaN],
    ["nobody knows how many where another starts", `${head()}GET`, Number.NaN],
  ])("%s", (_, given, expected) => {
    expect(bytesToCome(given)).toBe(expected);
  });
});
