/**
 * A model's place in one WebAssembly memory, which search threads can share. The first page is left to the modules; the
 * rest follows in the order below, each 64-byte aligned.
 */
export interface ModelMemory {
  readonly memory: WebAssembly.Memory;
  /** Values from the start of one row to the next: the vector size rounded up to 16. The rest of a row is zero. */
  readonly stride: number;
  /** [V, stride] */
  readonly input: Float32Array;
  /** [V, stride], or empty for a model without output vectors. */
  readonly output: Float32Array;
  /** [V] 1 / length of the input vector, 0 for a zero row. */
  readonly inverseNorms: Float32Array;
  /** [stride], zero beyond the vector size. */
  readonly query: Float32Array;
  /** [V] */
  readonly scores: Float32Array;
}

const pageBytes = 65_536;
const mostPages = 65_536;

/**
 * V8 leaves shared memory out when it weighs whether to collect garbage: ten replaced models could pile up before one
 * goes. A buffer that lives as long as the memory, and takes none itself since it is never touched, makes up for that.
 * Half the size keeps about two dead models (57,000 × 256); the whole size has every load stop for a collection.
 */
const sizeKnown = new WeakMap<WebAssembly.Memory, ArrayBuffer>();

/** Whether a model can be loaded: whether WebAssembly can address it. */
export function fitsMemory(songs: number, vectorSize: number, outputVectors: boolean): boolean {
  return pagesFor(songs, vectorSize, outputVectors).pages <= mostPages;
}

function strideOf(vectorSize: number): number {
  return Math.ceil(vectorSize / 16) * 16;
}

/**
 * Zeroed memory for a model, or undefined where it is more than the 4 GiB that WebAssembly can address.
 *
 * @param songs V
 */
export function allocateModel(songs: number, vectorSize: number, outputVectors = true): ModelMemory | undefined {
  const { pages, stride, places } = pagesFor(songs, vectorSize, outputVectors);
  if (pages > mostPages) return undefined;
  const { input, output, inverseNorms, query, scores } = places;

  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  sizeKnown.set(memory, new ArrayBuffer(memory.buffer.byteLength / 2));
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

function pagesFor(songs: number, vectorSize: number, outputVectors: boolean) {
  const stride = strideOf(vectorSize);
  let end = pageBytes;
  const place = (length: number): [offset: number, length: number] => {
    const offset = end;
    end = Math.ceil((end + length * 4) / 64) * 64;
    return [offset, length];
  };
  const [input, output, inverseNorms] = [place(songs * stride), place(outputVectors ? songs * stride : 0), place(songs)];
  const [query, scores] = [place(stride), place(songs)];
  return { pages: Math.ceil(end / pageBytes), stride, places: { input, output, inverseNorms, query, scores } };
}
