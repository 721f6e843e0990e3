import { Readable } from "node:stream";

/** A stream of chunks that are made as they are taken; it is destroyed where none is taken for so long. */
export function patientStream(chunks: AsyncIterable<Uint8Array>, milliseconds: number): Readable {
  let timer: NodeJS.Timeout | undefined;
  async function* timed() {
    for await (const chunk of chunks) {
      timer = setTimeout(() => stream.destroy(new Error(`nothing was taken for ${milliseconds} ms`)), milliseconds);
      yield chunk;
      clearTimeout(timer);
    }
  }
  const stream = Readable.from(timed(), { objectMode: false, highWaterMark: 1 << 18 });
  return stream.once("close", () => clearTimeout(timer));
}
