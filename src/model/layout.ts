/**
 * A model's place in one WebAssembly memory. The first page is left to the modules; then, each 64-byte aligned,
 * input [V, stride], output [V, stride], inverseNorms [V], and what one search writes: query [stride] and scores [V].
 * The stride is the vector size rounded up to 16, so that every row starts on a cache line.
 */
export interface ModelMemory {
  readonly memory: WebAssembly.Memory;
  readonly stride: number;
  readonly input: Float32Array;
  readonly output: Float32Array;
  readonly inverseNorms: Float32Array;
  readonly query: Float32Array;
  readonly scores: Float32Array;
}

const pageBytes = 65_536;
const mostPages = 65_536;

/** Values from the start of one row to the start of the next. */
export function strideOf(vectorSize: number): number {
  return Math.ceil(vectorSize / 16) * 16;
}

/**
 * Zeroed memory for a model, or undefined where it is more than the 4 GiB that WebAssembly can address.
 *
 * @param songs V
 */
export function allocateModel(songs: number, vectorSize: number): ModelMemory | undefined {
  const stride = strideOf(vectorSize);
  let end = pageBytes;
  const place = (length: number): [offset: number, length: number] => {
    const offset = end;
    end = Math.ceil((end + length * 4) / 64) * 64;
    return [offset, length];
  };
  const [input, output, inverseNorms] = [place(songs * stride), place(songs * stride), place(songs)];
  const [query, scores] = [place(stride), place(songs)];
  const pages = Math.ceil(end / pageBytes);
  if (pages > mostPages) return undefined;

  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return {
    memory,
    stride,
    input: new Float32Array(memory.buffer, ...input),
    output: new Float32Array(memory.buffer, ...output),
    inverseNorms: new Float32Array(memory.buffer, ...inverseNorms),
    query: new Float32Array(memory.buffer, ...query),
    scores: new Float32Array(memory.buffer, ...scores),
  };
}
