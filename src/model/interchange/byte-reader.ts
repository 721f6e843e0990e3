const empty: Buffer = Buffer.alloc(0);

/** Reads a stream of chunks in pieces of any size. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #buffered = empty;
  #at = 0;
  #ended = false;

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** @returns the next bytes without consuming them; fewer at the end of the stream */
  async peek(bytes: number): Promise<Buffer> {
    await this.#fill(bytes);
    return this.#buffered.subarray(this.#at, this.#at + bytes);
  }

  /** @returns the next bytes, valid until the next call; fewer at the end of the stream */
  async read(bytes: number): Promise<Buffer> {
    const piece = await this.peek(bytes);
    this.#at += piece.length;
    return piece;
  }

  /**
   * Reads up to a delimiter, which is consumed but not returned, or to the end.
   *
   * @returns undefined if longer than `maxBytes`
   */
  async readUntil(delimiter: number, maxBytes: number): Promise<Buffer | undefined> {
    for (let searched = 0; ;) {
      const end = this.#buffered.indexOf(delimiter, this.#at + searched);
      if (end >= 0 && end - this.#at <= maxBytes) return this.#consume(end, 1);
      searched = this.#buffered.length - this.#at;
      if (end >= 0 || searched > maxBytes) return undefined;
      await this.#fill(searched + 1);
      if (this.#buffered.length - this.#at === searched) return this.#consume(this.#buffered.length, 0);
    }
  }

  async isAtEnd(): Promise<boolean> {
    return (await this.peek(1)).length === 0;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  #consume(end: number, delimiter: number): Buffer {
    const piece = this.#buffered.subarray(this.#at, end);
    this.#at = end + delimiter;
    return piece;
  }

  async #fill(bytes: number): Promise<void> {
    const parts: Buffer[] = [];
    let length = this.#buffered.length - this.#at;
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
    this.#buffered = Buffer.concat([this.#buffered.subarray(this.#at), ...parts]);
    this.#at = 0;
  }
}
