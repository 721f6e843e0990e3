import { Readable } from "node:stream";

/**
 * Streams chunks; each is produced when the consumer reads. Destroys the stream if the consumer does not read
 * for some time.
 *
 * @param milliseconds longest time between two reads
 */
export function withReadTimeout(chunks: AsyncIterable<Uint8Array>, milliseconds: number): Readable {
  let timer: NodeJS.Timeout | undefined;
  async function* timed() {
    for await (const chunk of chunks) {
      timer = setTimeout(() => stream.destroy(new Error(`No read for ${milliseconds} ms.`)), milliseconds);
      yield chunk;
      clearTimeout(timer);
    }
  }
  const stream = Readable.from(timed(), { objectMode: false, highWaterMark: 1 << 18 });
  return stream.once("close", () => clearTimeout(timer));
}
