import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPlainReader, hashOf } from "../../../src/model/format/plain-line.ts";

const name = fc.option(fc.string({ unit: "grapheme" }), { nil: undefined });
const song = fc.record({ id: fc.string({ minLength: 1 }), count: fc.nat(0xffff_ffff), title: name, artist: name });
const read = (line: string | Uint8Array) => createPlainReader(Buffer.from(line))(0);

describe("a line that is read without making text of it", () => {
  it("says what JSON says of it, or is left to JSON", () => {
    let plain = 0;
    fc.assert(
      fc.property(song, (each) => {
        const line = `${JSON.stringify(each)}\n`;
        const found = read(line);
        if (!found) return;
        plain++;
        expect(found).toEqual({ hash: hashOf(each.id), count: each.count, end: Buffer.byteLength(line) });
      }),
      { numRuns: 1000 },
    );
    expect(plain).toBeGreaterThan(300);
  });

  it("is left to JSON where a byte of it makes it something else", () => {
    const line = Buffer.from('{"id":"4711","count":12,"title":"Où?","artist":"노래"}\n');
    expect(read(line)).toMatchObject({ count: 12, end: line.length });
    for (let at = 0; at < line.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const other = Buffer.from(line);
        other[at] = byte;
        if (!isUtf8(other)) continue;
        const found = read(other);
        if (!found) continue;
        const { id, count, ...names } = JSON.parse(other.toString());
        expect([found.hash, found.count, Object.keys(names)]).toEqual([hashOf(id), count, ["title", "artist"]]);
      }
    }
  });

  it("is left to JSON where it has numbers that no song has, or ends too early", () => {
    for (const count of ["01", "4294967296", "12345678901", "1.5", "-1", "1e3", "", "null"])
      expect(read(`{"id":"a","count":${count}}\n`)).toBeUndefined();
    const line = '{"id":"a","count":4294967295}\n';
    expect(read(line)).toMatchObject({ count: 0xffff_ffff });
    for (let length = 0; length < line.length; length++) expect(read(line.slice(0, length))).toBeUndefined();
  });
});
