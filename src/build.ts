import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

/**
 * Compiles the AssemblyScript kernels next to the modules that load them, and the console into dist/console, where
 * their sources are newer than the result; `--dist` copies the kernels beside the compiled JavaScript too. A build
 * step: never part of what is shipped.
 */
const root = dirname(fileURLToPath(import.meta.url));
const simd = { name: "simd", options: ["--enable", "simd,threads"] };
const relaxed = { name: "relaxed", options: ["--enable", "simd,threads,relaxed-simd"] };
const wide = { name: "wide", options: [...relaxed.options, "--use", "WIDE=1"] };
const entries = [
  { entry: "word2vec/kernel/assembly/kernel.ts", variants: [wide, relaxed, simd] },
  { entry: "word2vec/next-songs/assembly/next-songs.ts", variants: [wide, relaxed, simd] },
  { entry: "model/memory/assembly/quantise.ts", variants: [simd] },
  { entry: "recommend/vectors/assembly/scan.ts", variants: [relaxed, simd] },
];

const outputs = entries.flatMap(({ entry, variants }) =>
  variants.map(({ name, options }) => ({
    entry,
    options,
    output: `${entry.slice(0, -".ts".length).replace("assembly/", "")}.${name}.wasm`,
  })),
);

export default async function buildAll(): Promise<void> {
  await buildKernels();
  await buildConsole();
}

async function buildKernels(): Promise<void> {
  for (const { entry, options, output } of outputs) {
    if (isFresh(entry, output)) continue;
    const { default: asc } = await import("assemblyscript/asc");
    const args = [entry, "--outFile", output, "-O3", "--noAssert", "--runtime", "stub", ...options];
    const memory = ["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"];
    const { error, stderr } = await asc.main([...args, ...memory, "--baseDir", root]);
    if (error) throw new Error(`${entry}: ${stderr.toString()}`, { cause: error });
    console.error(`compiled src/${output}`);
  }
}

function isFresh(entry: string, output: string): boolean {
  const folder = dirname(join(root, entry));
  if (!existsSync(join(root, output))) return false;
  const compiled = statSync(join(root, output)).mtimeMs;
  return readdirSync(folder).every((source) => statSync(join(folder, source)).mtimeMs <= compiled);
}

const consoleFolder = join(root, "../dist/console");

async function buildConsole(): Promise<void> {
  const built = join(consoleFolder, "index.html");
  const sources = filesOf(join(root, "console"));
  if (existsSync(built) && sources.every((source) => statSync(source).mtimeMs <= statSync(built).mtimeMs)) return;
  const { build } = await import("vite");
  await build({ configFile: join(root, "console/vite.config.ts") });
  for (const file of filesOf(join(consoleFolder, "assets"))) {
    const content = readFileSync(file);
    writeFileSync(`${file}.br`, brotliCompressSync(content));
    writeFileSync(`${file}.gz`, gzipSync(content));
  }
  console.error("built dist/console");
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}

function copyToDist(): void {
  for (const { output } of outputs) {
    const target = join(root, "../dist", output);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(root, output), target);
  }
}

if (import.meta.main) {
  const isDist = process.argv.includes("--dist");
  await buildKernels();
  await buildConsole().catch((error: unknown) => {
    if (isDist) throw error;
    console.error("the service starts without its console, which could not be built:", error);
  });
  if (isDist) copyToDist();
}
