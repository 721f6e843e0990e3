import { execFileSync } from "node:child_process";
import { existsSync, globSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { catalogueCsv, playlistsCsv } from "./playlists.ts";
import { runCommand } from "./process.ts";
import { styledCatalogueCsv, styledPlaylistsCsv } from "./styles.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Folder of the data directories `groups` and `styles`, each with a trained model version 1. Tests copy them. */
    readonly trained: string;
  }
}

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds the package and trains the shared models, once per run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  buildDist();
  const folder = (process.env["TRAINED_MODELS"] ??= await trainModels());
  project.provide("trained", folder);
  return () => rm(folder, { recursive: true, force: true });
}

export function buildDist(): void {
  const built = `${root}dist/main.js`;
  const newest = Math.max(...globSync(`${root}src/**/*.{ts,wasm}`).map((file) => statSync(file).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs >= newest) return;
  execFileSync("npm", ["run", "-s", "build"], { cwd: root, stdio: "inherit" });
}

async function trainModels(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "song2vec-trained-"));
  const train = async (name: string, playlists: string, catalogue: string, options: string) => {
    const files = { "--playlists": playlists, "--catalogue": catalogue };
    for (const [option, content] of Object.entries(files))
      await writeFile(join(folder, `${name}${option}.csv`), content);
    const paths = Object.keys(files).flatMap((option) => [option, join(folder, `${name}${option}.csv`)]);
    const dataDir = ["--data-dir", join(folder, name)];
    const { code, errors } = await runCommand(["train", "--workers", "1", ...paths, ...dataDir, ...options.split(" ")]);
    if (code !== 0) throw new Error(errors);
  };
  await Promise.all([
    train("groups", playlistsCsv(), catalogueCsv, "--preset article"),
    train("styles", styledPlaylistsCsv(), styledCatalogueCsv(), "--vector-size 64 --epochs 8 --hold-out 100"),
  ]);
  return folder;
}
