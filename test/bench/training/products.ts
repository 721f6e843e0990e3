/**
 * The kernel's three matrix products in GMAC/s, compared with the peak of 128-bit multiply-adds in the same process.
 *
 *     npm run bench:products -- [--dims 256] [--rounds 15]
 *
 * Rows are scattered as in training, but cached. The candidates run in turn, for several rounds; the fastest run
 * counts, because other programs can only slow a run down.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { main as compile } from "assemblyscript/asc";
import { bind, compile as compileKernel } from "../../../src/word2vec/kernel/compile.ts";
import { enableRevectorizer } from "../../../src/word2vec/kernel/revectorizer.ts";
import { describeMachine } from "../machine.ts";
import { cell, printTable } from "../table.ts";

const { values } = parseArgs({
  options: { dims: { type: "string", default: "256" }, rounds: { type: "string", default: "15" } },
});
const bytes = Math.ceil(Number(values.dims) / 16) * 64;
const rounds = Number(values.rounds);
const macsPerRun = 3e7;

/** c inputs and n outputs of typical steps. */
const shapes = [
  { c: 6, n: 21, of: "a window of nowplaying" },
  { c: 11, n: 21, of: "a shrunk window of a long list" },
  { c: 20, n: 21, of: "a full window" },
  { c: 7, n: 39, of: "a block of nowplaying" },
  { c: 36, n: 48, of: "a block of a long list" },
];

const memory = new WebAssembly.Memory({ initial: 64, maximum: 65_536, shared: true });
const tables = { x: 0x10000, y: 0x10400, weights: 0x11000, scores: 0x18000, pairs: 0x1f000 };
const pitch = 64 * 4;
const rows = 0x100000;
const words = new Uint32Array(memory.buffer);
for (let i = 0; i < 64; i++) {
  words[tables.x / 4 + i] = rows + ((i * 37) % 128) * bytes;
  words[tables.y / 4 + i] = rows + (((i + 64) * 37) % 128) * bytes;
}

interface Candidate {
  readonly name: string;
  readonly kernel: string;
  readonly shape: string;
  readonly macs: number;
  readonly run: () => void;
  readonly speeds: number[];
}

setFlagsFromString("--no-liftoff");
const peak = await compilePeak();
const candidates: Candidate[] = [
  { name: "peak", kernel: "", shape: "", macs: 10 * 4 * 4000, run: () => peak(4000), speeds: [] },
  ...(await candidatesOf("128-bit", "kernel.relaxed.wasm")),
];
warmUp();
enableRevectorizer(); // for what is compiled from here on
candidates.push(...(await candidatesOf("256-bit", "kernel.wide.wasm")));
warmUp();

for (let round = 0; round < rounds; round++) {
  for (const { macs, run, speeds } of candidates) {
    const repeats = Math.ceil(macsPerRun / macs);
    const started = performance.now();
    for (let i = 0; i < repeats; i++) run();
    speeds.push((macs * repeats) / (performance.now() - started) / 1e6);
  }
}

console.log(`\n${describeMachine()}; ${values.dims} dimensions\n`);
const most = Math.max(...(candidates[0]?.speeds ?? []));
printTable(
  candidates.map(({ name, kernel, shape, speeds }) => ({
    product: name,
    kernel,
    shape,
    "GMAC/s": cell(Math.max(...speeds), 1),
    "of the 128-bit peak": cell(Math.max(...speeds) / most, 2),
  })),
);

async function candidatesOf(kernel: string, file: string): Promise<Candidate[]> {
  const { scores, update } = await load(file);
  return shapes.flatMap(({ c, n, of }) => {
    const candidate = (name: string, run: () => void): Candidate => ({
      name,
      kernel,
      shape: `${c} × ${n}, ${of}`,
      macs: (c * n * bytes) / 4,
      run,
      speeds: [],
    });
    return [
      candidate("S = X·Yᵀ", () => scores(tables.x, c, tables.y, n, bytes, tables.scores, pitch, tables.pairs)),
      candidate("dX = G·Y", () => update(tables.x, tables.x, c, tables.y, n, tables.weights, pitch, bytes)),
      candidate("dY = Gᵀ·X", () => update(tables.y, tables.y, n, tables.x, c, tables.weights, pitch, bytes)),
    ];
  });
}

function warmUp(): void {
  for (const { run } of candidates) for (let i = 0; i < 20; i++) run();
}

interface Products {
  scores(xs: number, c: number, ys: number, n: number, bytes: number, out: number, pitch: number, pairs: number): void;
  update(
    bases: number,
    targets: number,
    rows: number,
    sources: number,
    m: number,
    weights: number,
    pitch: number,
    bytes: number,
  ): void;
}

async function load(file: string): Promise<Products> {
  const module = await compileKernel(new URL(`../../../src/word2vec/kernel/${file}`, import.meta.url));
  return bind<Products>(module, memory, "scores");
}

async function compilePeak(): Promise<(rounds: number) => void> {
  const files = new Map<string, Uint8Array>();
  const shared = ["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"];
  const entry = await readFile(new URL("./assembly/peak.ts", import.meta.url), "utf8");
  const { error, stderr } = await compile(
    [
      "peak.ts",
      "--outFile",
      "peak.wasm",
      "-O3",
      "--runtime",
      "stub",
      "--enable",
      "simd,threads,relaxed-simd",
      ...shared,
    ],
    {
      readFile: (name) => (name === "peak.ts" ? entry : null),
      writeFile: (name, contents) => {
        files.set(name, typeof contents === "string" ? Buffer.from(contents) : contents);
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(stderr.toString(), { cause: error });
  const module = await WebAssembly.compile(Uint8Array.from(files.get("peak.wasm") ?? []));
  return bind<{ peak: (rounds: number) => void }>(module, memory, "peak").peak;
}
