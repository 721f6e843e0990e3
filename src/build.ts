import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Compiles the AssemblyScript kernels next to the modules that load them, where their sources are newer than the
 * result; `--dist` copies them beside the compiled JavaScript too. A build step: never part of what is shipped.
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

export default async function buildKernels(): Promise<void> {
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

function copyToDist(): void {
  for (const { output } of outputs) {
    const target = join(root, "../dist", output);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(root, output), target);
  }
}

if (import.meta.main) {
  await buildKernels();
  if (process.argv.includes("--dist")) copyToDist();
}
