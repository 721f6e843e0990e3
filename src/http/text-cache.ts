/** Texts by their keys. Once it is full the oldest go, but for those that were asked for since. */
export interface TextCache {
  get(key: string): string | undefined;
  /** A text that would take more than an eighth of the cache is not kept. */
  set(key: string, text: string): void;
  clear(): void;
}

export interface TextCacheOptions {
  /** How many it takes at most, once that many were kept; a power of two, from 4 KiB to 1 GiB. */
  readonly bytes: number;
  /** `latin1` for texts whose characters are bytes. */
  readonly encoding: "latin1" | "utf8";
}

/** The share of the cache that one text may take is 1 / largest. */
const largest = 8;
/** What a record starts with: the lengths of its key and its text, u32 each. */
const headBytes = 8;
/** Of texts whose keys have the same first row in the table, so many are found. */
const ways = 8;
/** Bytes of the log for each row of the table: less than an answer of ten songs takes, so that it is the log which is full first. */
const bytesARow = 256;

/**
 * A log that goes round in memory which the garbage collector does not look into, nor counts: as objects, a hundred thousand
 * answers are what it has to walk through whenever it collects, and each of them, by surviving, makes it collect sooner. Where
 * each text starts stands in a table, by the hash of its key. These places are counted on and on, round after round, so that one
 * which the log has gone over since is known for it.
 */
export function createTextCache({ bytes, encoding }: TextCacheOptions): TextCache {
  const log = Buffer.from(new SharedArrayBuffer(bytes));
  let end = bytes;
  const rows = bytes / bytesARow;
  const hashes = new Uint32Array(rows);
  /** 0 for none. */
  const places = new Float64Array(rows);

  const firstRow = (hash: number) => (hash * ways) % rows;
  const isThere = (place: number) => place > 0 && place >= end - bytes;

  /** undefined where there is none */
  function rowOf(key: string, hash: number): number | undefined {
    const first = firstRow(hash);
    for (let row = first; row < first + ways; row++) {
      const place = places[row] ?? 0;
      if (hashes[row] === hash && isThere(place) && keyAt(place) === key) return row;
    }
    return undefined;
  }

  function keyAt(place: number): string {
    const start = (place % bytes) + headBytes;
    return log.toString(encoding, start, start + log.readUInt32LE(start - headBytes));
  }

  function textAt(place: number): string {
    const head = place % bytes;
    const start = head + headBytes + log.readUInt32LE(head);
    return log.toString(encoding, start, start + log.readUInt32LE(head + 4));
  }

  /** The row of a place that is gone, or of the oldest. */
  function rowFor(hash: number): number {
    let found = firstRow(hash);
    for (let row = found, last = found + ways; row < last; row++) {
      if (!isThere(places[row] ?? 0)) return row;
      if ((places[row] ?? 0) < (places[found] ?? 0)) found = row;
    }
    return found;
  }

  function put(key: string, text: string, hash: number): void {
    const known = rowOf(key, hash);
    const [keyBytes, textBytes] = [Buffer.byteLength(key, encoding), Buffer.byteLength(text, encoding)];
    const size = headBytes + keyBytes + textBytes;
    if (size > bytes / largest) {
      if (known !== undefined) places[known] = 0;
      return;
    }
    const row = known ?? rowFor(hash);
    hashes[row] = hash;
    places[row] = append(key, keyBytes, text, textBytes, size);
  }

  function append(key: string, keyBytes: number, text: string, textBytes: number, size: number): number {
    const left = bytes - (end % bytes);
    const place = size > left ? end + left : end;
    end = place + size;
    const head = place % bytes;
    log.writeUInt32LE(keyBytes, head);
    log.writeUInt32LE(textBytes, head + 4);
    log.write(key, head + headBytes, encoding);
    log.write(text, head + headBytes + keyBytes, encoding);
    return place;
  }

  return {
    get(key) {
      const hash = hashOf(key);
      const row = rowOf(key, hash);
      if (row === undefined) return undefined;
      const place = places[row] ?? 0;
      const text = textAt(place);
      if (place < end - bytes / 2) put(key, text, hash);
      return text;
    },
    set: (key, text) => put(key, text, hashOf(key)),
    clear: () => void places.fill(0),
  };
}

/** FNV-1a of its UTF-16 code units, with the last step of MurmurHash3. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
