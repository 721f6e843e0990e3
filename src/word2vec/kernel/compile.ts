import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/**
 * Compiles a kernel that the build has made of AssemblyScript.
 * @throws where it is not built, or this runtime lacks its instructions
 */
export async function compile(file: URL): Promise<WebAssembly.Module> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new Error(`Kernel ${fileURLToPath(file)} not found. Build it with "npm run build".`, { cause });
  });
  return WebAssembly.compile(bytes);
}

/**
 * The exports of a kernel over a memory, which it shares with others.
 * @param name one of its functions, by which it is known
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
