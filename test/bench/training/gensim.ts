import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** Debian's python3-gensim. */
const python = "/usr/bin/python3";
const script = fileURLToPath(new URL("train-gensim.py", import.meta.url));

export type Keywords = Readonly<Record<string, unknown>>;

/** Hyperparameters of the preset `article`; min_count is applied when the playlists are read. */
export const articleKeywords: Keywords = { vector_size: 256, window: 10, min_count: 1, sg: 1, negative: 20, sample: 0 };

export interface GensimTask {
  /** File in the format of plays-file.ts. */
  readonly plays: string;
  readonly feed: "lists" | "file";
  readonly epochs: number;
  readonly workers: number;
  readonly keywords: Keywords;
  /** Folder for the vectors, in the format of vectors.ts. */
  readonly folder?: string;
}

/** @returns undefined if gensim is not installed, after a message */
export function gensimVersion(): string | undefined {
  const { status, stdout } = spawnSync(python, ["-c", "import gensim; print(gensim.__version__)"], {
    encoding: "utf8",
  });
  if (status === 0) return stdout.trim();
  console.error(`gensim: skipped, ${python} cannot import it (Debian: python3-gensim)`);
  return undefined;
}

export const costSchema = z.object({
  seconds: z.number(),
  cpuSeconds: z.number().describe("Of all threads: what other programs take of the machine hardly moves it"),
});
/** Duration of a training, without reading, vocabulary and initial vectors. */
export type Cost = z.infer<typeof costSchema>;

export function trainGensim(task: GensimTask): Cost {
  const { status, stdout } = spawnSync(python, [script, JSON.stringify(task)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`gensim ended with ${status}`);
  return costSchema.parse(JSON.parse(stdout));
}
