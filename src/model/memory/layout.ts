import { type Graph, upperLayersSize } from "../format/graph.ts";
import type { NextSongShape } from "../format/manifest.ts";

/** A matrix of int8 vectors: row ≈ factor × values. */
export interface Quantised {
  /** Values from the start of one row to the next. */
  readonly stride: number;
  /** [V, stride] from −127 to 127; zero beyond the vector size. */
  readonly values: Int8Array;
  /** [V] */
  readonly factors: Float32Array;
  /** [V] Sum of the int8 values of each row. */
  readonly sums: Int32Array;
  /** Null for small models, whose int8 vectors are scanned directly. */
  readonly codes: PqCodes | null;
}

/** Normalised vectors that predict the next song. */
export interface NextSongs extends Quantised {
  /** [V] 1 / length of the vector, 0 for a zero row. */
  readonly inverseNorms: Float32Array;
  /** [K] Weight of the song that is n plays before the last one. */
  readonly positions: Float32Array;
}

/** Product quantisation: four bits for each pair of dimensions select the nearest of 16 centroids. */
export interface PqCodes {
  /** [⌈V / 32⌉, stride / 2, 16], see `encode`. */
  readonly bytes: Uint8Array;
  /** [stride] Mean of a sample of rows. Codes describe row − mean. */
  readonly mean: Float32Array;
  /** [V, rounded up to 32] Factor that turns a product of centroids and query into an estimate for the row. */
  readonly scales: Float32Array;
  /** [stride / 2, 2, 16] Centroids, dimension by dimension. */
  readonly codebook: Float32Array;
  /** [stride / 2, 16] Half the squared length of each centroid. */
  readonly halfSquaredNorms: Float32Array;
  /** [1] Standard deviation of estimated products with a unit query, relative to the length of row − mean. */
  readonly errorDeviation: Float32Array;
  /** [1] 1 once the codes are complete; searches may start earlier and do without them. */
  readonly ready: Int32Array;
}

export interface QueryBuffers {
  /** [stride], zero beyond the vector size. */
  readonly query: Float32Array;
  /** [stride] The query as 16-bit integers. */
  readonly queryInt16: Int16Array;
  /** [stride] The query in seven bits, with an offset of 64 so that none is negative. */
  readonly queryUint7: Uint8Array;
}

/** Buffers of one search at a time. Pages that are never touched take no memory, whatever the number of rows. */
export interface Slot extends QueryBuffers {
  /** The query for next-song vectors, which have another stride. */
  readonly nextSongQuery: QueryBuffers;
  /** [stride / 2, 16] Products of the query with the centroids. */
  readonly centroidProducts: Float32Array;
  /** [stride / 2, 16] The same products, scaled to 0 to 63. */
  readonly lookupTable: Uint8Array;
  /** [2] Number of pairs in `heap`, and number of rows listed in `branchScores`. */
  readonly progress: Uint32Array;
  /** [⌈V / 8⌉] One bit per row: 1 if the row is excluded. All zero between two searches. */
  readonly excluded: Uint8Array;
  /** [⌈V / 8⌉] One bit per row: 1 if the row was visited. All zero between two searches. */
  readonly visited: Uint8Array;
  /** [heapCapacity or V, 2] Pairs of score (f32) and row (u32). */
  readonly heap: Uint32Array;
  /** [V] */
  readonly scores: Float32Array;
  /** [V] A list of rows, with their scores in `rowScores`. */
  readonly rows: Uint32Array;
  readonly rowScores: Float32Array;
  /** [V, 2] Scores of tree branches. A scan of PQ codes stores candidate rows and their upper bounds here. */
  readonly branchScores: Float32Array;
}

/** Buffers of a second query that is scored together with the query of a slot. */
export interface SecondQuery {
  /** [stride] The query as 16-bit integers. */
  readonly queryInt16: Int16Array;
  /** [V, 2, 2] Scores of tree branches for both queries. */
  readonly branchScores: Float32Array;
}

/**
 * Views of a model in one WebAssembly memory that threads can share. The first page belongs to the WebAssembly modules.
 * The arrays follow in the order of `layOutModel`, each aligned to 64 bytes.
 */
export interface ModelMemory {
  readonly memory: WebAssembly.Memory;
  /** Values from the start of one row to the next: the vector size rounded up to 16. The padding is zero. */
  readonly stride: number;
  /** [V, stride], or null if only int8 vectors are kept. */
  readonly input: Float32Array | null;
  /** [V, stride], empty for a model without output vectors, or null if only int8 vectors are kept. */
  readonly output: Float32Array | null;
  /** The normalised input vectors, and the output vectors, as int8 vectors. */
  readonly quantised: {
    readonly input: Quantised;
    readonly output: Quantised;
    /** Empty for a model without next-song vectors. */
    readonly nextSongs: NextSongs;
  };
  /** [V] 1 / length of the input vector, 0 for a zero row. */
  readonly inverseNorms: Float32Array;
  /** [2V − 1] With a Huffman tree: the branch (2 × parent + bit) to each song, then to each inner node. */
  readonly parentBranches: Uint32Array;
  /** [2V] The inverse: the song at the end of each branch, or V + inner node. */
  readonly branchChildren: Uint32Array;
  /** The index of the input vectors, or null if there is none or it is not used. */
  readonly graph: Graph | null;
  /** 0: synchronous searches on the main thread. 1: its searches while the search threads are busy. */
  readonly slots: readonly [Slot, ...Slot[]];
  /** One for the main thread, then one for each search thread. */
  readonly secondQueries: readonly [SecondQuery, ...SecondQuery[]];
  /** [blockRows, stride] Rows to be quantised; not needed for exact vectors that are kept. */
  readonly stagingRows: Float32Array;
}

/** What determines the layout of a model in memory. */
export interface ModelShape {
  /** V */
  readonly songs: number;
  readonly vectorSize: number;
  readonly outputVectors: boolean;
  /** Keep float32 vectors besides the int8 vectors. */
  readonly exact: boolean;
  /** Links of a song in the index; 0 without an index. */
  readonly linksPerSong: number;
  /** Null without next-song vectors. */
  readonly nextSongs: NextSongShape | null;
}

/** Dimensions of a subvector, which is encoded by one centroid. */
export const subvectorSize = 2;
export const centroidsPerSubvector = 16;
/** Rows whose PQ codes are interleaved. */
export const codeBlockRows = 32;
/** Models with fewer songs or dimensions gain nothing by PQ codes. */
const minCodedSongs = 16_384;
/** With more dimensions, sums of products would overflow 16 bits. */
const codedDimensions = { min: 96, max: 2048 };
const pageBytes = 65_536;
const maxPages = 65_536;
const blockBytes = 1 << 20;
export const slotCount = 10;
/** More search threads gain little, because memory bandwidth is the limit. */
export const maxSearchThreads = 2;
/** Pairs in the heap of a slot. */
export const heapCapacity = 16_384;

export function strideOf(vectorSize: number): number {
  return Math.ceil(vectorSize / 16) * 16;
}

/** Bytes from the code of one subvector of a row to the next. */
export const codeStride = codeBlockRows / 2;

/** @returns the byte offset of the code of a row's first subvector, and the lowest of its four bits in that byte */
export function locateCode(row: number, stride: number): { at: number; shift: 0 | 4 } {
  const index = row % codeBlockRows;
  return {
    at: Math.floor(row / codeBlockRows) * (stride / subvectorSize) * codeStride + (index % codeStride),
    shift: index < codeStride ? 0 : 4,
  };
}

function hasCodes(songs: number, stride: number): boolean {
  return songs >= minCodedSongs && stride >= codedDimensions.min && stride <= codedDimensions.max;
}

/** Rows of one read: about 1 MiB. */
export function blockRows(songs: number, stride: number): number {
  return Math.min(songs, Math.max(1, Math.floor(blockBytes / (stride * 4))));
}

/** Whether a model fits into the 4 GiB that WebAssembly can address, with int8 vectors only. */
export function fitsMemory(shape: Omit<ModelShape, "exact" | "linksPerSong">): boolean {
  return layOutModel({ ...shape, exact: false, linksPerSong: 0 }).end <= maxPages * pageBytes;
}

/** @returns zeroed memory for a model, or undefined if it exceeds the 4 GiB that WebAssembly can address */
export function allocateModel(shape: ModelShape): WebAssembly.Memory | undefined {
  const pages = Math.ceil(layOutModel(shape).end / pageBytes);
  if (pages > maxPages) return undefined;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** @param memory allocated for this shape, by this thread or another */
export function viewModel(memory: WebAssembly.Memory, shape: ModelShape): ModelMemory {
  const { end: _, ...views } = layOutModel(shape, memory.buffer);
  return { memory, ...views };
}

/** Without a buffer the views are empty; only `end`, in bytes, is valid. */
function layOutModel(
  { songs, vectorSize, outputVectors, exact, linksPerSong, nextSongs }: ModelShape,
  buffer?: ArrayBufferLike,
) {
  const stride = strideOf(vectorSize);
  const end = { bytes: pageBytes };
  const allocate = <T>(type: ViewOf<T>, length: number): T => {
    const offset = end.bytes;
    end.bytes = Math.ceil((offset + length * type.BYTES_PER_ELEMENT) / 64) * 64;
    return buffer ? new type(buffer, offset, length) : new type(new ArrayBuffer(0), 0, 0);
  };
  const outputs = outputVectors ? songs : 0;
  const tableSize = (stride / subvectorSize) * centroidsPerSubvector;
  const codes = (rows: number): PqCodes => {
    const padded = Math.ceil(rows / codeBlockRows) * codeBlockRows;
    return {
      bytes: allocate(Uint8Array, (padded * stride) / subvectorSize / 2),
      mean: allocate(Float32Array, stride),
      scales: allocate(Float32Array, padded),
      codebook: allocate(Float32Array, tableSize * subvectorSize),
      halfSquaredNorms: allocate(Float32Array, tableSize),
      errorDeviation: allocate(Float32Array, 1),
      ready: allocate(Int32Array, 1),
    };
  };
  const int8Vectors = (rows: number, rowStride: number) => ({
    stride: rowStride,
    values: allocate(Int8Array, rows * rowStride),
    factors: allocate(Float32Array, rows),
    sums: allocate(Int32Array, rows),
  });
  const quantised = (rows: number): Quantised => ({
    ...int8Vectors(rows, stride),
    codes: hasCodes(rows, stride) ? codes(rows) : null,
  });
  const { size: nextStride, positions } = nextSongs ?? { size: 0, positions: 0 };
  const nextRows = nextSongs ? songs : 0;
  const nextSongVectors = (): NextSongs => ({
    ...int8Vectors(nextRows, nextStride),
    codes: null,
    inverseNorms: allocate(Float32Array, nextRows),
    positions: allocate(Float32Array, positions),
  });
  const queryBuffers = (length: number): QueryBuffers => ({
    query: allocate(Float32Array, length),
    queryInt16: allocate(Int16Array, length),
    queryUint7: allocate(Uint8Array, length),
  });
  const slot = (): Slot => ({
    ...queryBuffers(stride),
    nextSongQuery: queryBuffers(nextStride),
    centroidProducts: allocate(Float32Array, tableSize),
    lookupTable: allocate(Uint8Array, tableSize),
    progress: allocate(Uint32Array, 2),
    excluded: allocate(Uint8Array, Math.ceil(songs / 8)),
    visited: allocate(Uint8Array, Math.ceil(songs / 8)),
    heap: allocate(Uint32Array, 2 * Math.min(heapCapacity, songs)),
    scores: allocate(Float32Array, songs),
    rows: allocate(Uint32Array, songs),
    rowScores: allocate(Float32Array, songs),
    branchScores: allocate(Float32Array, 2 * songs),
  });
  const secondQuery = (): SecondQuery => ({
    queryInt16: allocate(Int16Array, stride),
    branchScores: allocate(Float32Array, 4 * outputs),
  });
  const graph = (): Graph => ({
    links: allocate(Uint32Array, songs * linksPerSong),
    upper: allocate(Uint32Array, upperLayersSize(songs) * linksPerSong),
    entry: allocate(Uint32Array, 1),
  });
  const views = {
    stride,
    input: exact ? allocate(Float32Array, songs * stride) : null,
    output: exact ? allocate(Float32Array, outputs * stride) : null,
    quantised: { input: quantised(songs), output: quantised(outputs), nextSongs: nextSongVectors() },
    inverseNorms: allocate(Float32Array, songs),
    parentBranches: allocate(Uint32Array, 2 * songs),
    branchChildren: allocate(Uint32Array, 2 * outputs),
    secondQueries: [secondQuery(), ...Array.from({ length: maxSearchThreads }, secondQuery)] satisfies [
      SecondQuery,
      ...SecondQuery[],
    ],
    graph: linksPerSong > 0 ? graph() : null,
    stagingRows: allocate(
      Float32Array,
      Math.max(
        exact ? 0 : blockRows(songs, stride) * stride,
        nextSongs ? blockRows(songs, nextStride) * nextStride : 0,
      ),
    ),
    slots: [slot(), ...Array.from({ length: slotCount - 1 }, slot)] satisfies [Slot, ...Slot[]],
  };
  return { ...views, end: end.bytes };
}

interface ViewOf<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, offset: number, length: number): T;
}
