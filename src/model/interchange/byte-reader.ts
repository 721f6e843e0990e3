const nothing: Buffer = Buffer.alloc(0);

/** Bytes that come in chunks of any size, taken in pieces of other sizes. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #held = nothing;
  #at = 0;
  #ended = false;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** The next bytes, which stay to be taken; fewer where the source ends. */
  async peek(bytes: number): Promise<Buffer> {
    await this.#hold(bytes);
    return this.#held.subarray(this.#at, this.#at + bytes);
  }

  /** The next bytes, good until the next call; fewer where the source ends. */
  async read(bytes: number): Promise<Buffer> {
    const taken = await this.peek(bytes);
    this.#at += taken.length;
    return taken;
  }

  /** The next bytes up to a delimiter, which is taken too, or to the end; undefined where they are more than `most`. */
  async readUntil(delimiter: number, most: number): Promise<Buffer | undefined> {
    for (let searched = 0; ;) {
      const end = this.#held.indexOf(delimiter, this.#at + searched);
      if (end >= 0 && end - this.#at <= most) return this.#cut(end, 1);
      searched = this.#held.length - this.#at;
      if (end >= 0 || searched > most) return undefined;
      await this.#hold(searched + 1);
      if (this.#held.length - this.#at === searched) return this.#cut(this.#held.length, 0);
    }
  }

  /** Whether all was taken. */
  async isAtEnd(): Promise<boolean> {
    return (await this.peek(1)).length === 0;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #cut(end: number, delimiter: number): Buffer {
    const piece = this.#held.subarray(this.#at, end);
    this.#at = end + delimiter;
    return piece;
  }

  async #hold(bytes: number): Promise<void> {
    const parts: Buffer[] = [];
    let length = this.#held.length - this.#at;
    while (length < bytes && !this.#ended) {
      const { value, done } = await this.#chunks.next();
      if (done) {
        this.#ended = true;
        break;
      }
      parts.push(value);
      length += value.length;
    }
    if (parts.length === 0) return;
    this.#held = Buffer.concat([this.#held.subarray(this.#at), ...parts]);
    this.#at = 0;
  }
}
