import { compileScan, type ScanKernel } from "../../../src/recommend/vectors/scan.ts";

export const kernels: readonly ScanKernel[] = ["relaxed", "simd"];

const pages = 32;
const start = 65_536;

/** Binds a kernel to its own shared memory. */
export async function createBench(kernel: ScanKernel) {
  return benchOf((await compileScan(kernel)).bind);
}

export function benchOf<Kernel>(bind: (memory: WebAssembly.Memory) => Kernel) {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65_536, shared: true });
  let end = start;

  /** Allocates an array, aligned to 64 bytes and followed by 64 bytes that must stay zero. */
  function put<T extends Float32Array | Uint32Array | Int32Array | Uint8Array | Int8Array | Int16Array>(
    type: new (buffer: ArrayBufferLike, offset: number, length: number) => T,
    values: ArrayLike<number>,
  ): T {
    const array = new type(memory.buffer, end, values.length);
    array.set(values);
    end = Math.ceil((end + array.byteLength) / 64) * 64 + 64;
    return array;
  }

  /** The bytes after an array, which must be zero. */
  const behind = ({ byteOffset, byteLength }: Float32Array | Uint32Array) =>
    new Uint8Array(memory.buffer, byteOffset + byteLength, 32);

  return { kernel: bind(memory), put, behind };
}

/** Calls a kernel function with the addresses of arrays. */
export function call<Args extends number[], Result>(
  run: (...args: Args) => Result,
  ...args: { [I in keyof Args]: number | ArrayBufferView }
): Result {
  const addresses = args.map((arg) => (typeof arg === "number" ? arg : arg.byteOffset));
  return Reflect.apply(run, undefined, addresses);
}

/** Pads values with zeros to a multiple of 16. */
export function padded(values: readonly number[]): number[] {
  return [...values, ...Array.from({ length: Math.ceil(values.length / 16) * 16 - values.length }, () => 0)];
}
