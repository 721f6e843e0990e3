import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/**
 * Compiles a WebAssembly kernel.
 * @throws if the file has not been built, or the runtime does not support its instructions
 */
export async function compile(file: URL): Promise<WebAssembly.Module> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new Error(`Kernel ${fileURLToPath(file)} not found. Build it with "npm run build".`, { cause });
  });
  return WebAssembly.compile(bytes);
}

/**
 * Instantiates a kernel on a shared memory.
 * @param name a function that the kernel must export
 * @returns its exports
 */
export function bind<Functions extends object>(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  name: keyof Functions & string,
): WebAssembly.Exports & Functions {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const isKernel = (all: WebAssembly.Exports): all is WebAssembly.Exports & Functions => name in all;
  if (!isKernel(exports)) throw new TypeError(`this WebAssembly module has no function ${name}`);
  return exports;
}
