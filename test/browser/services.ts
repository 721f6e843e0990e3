import { existsSync } from "node:fs";
import { cp, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { main, runCommand, serverOptions, startProgram, waitFor } from "../helpers/process.ts";
import { styledCatalogueCsv, styledPlaylistsCsv } from "../helpers/styles.ts";

export const keys = { reader: "reader-key", writer: "writer-key", admin: "admin-key" };

/** Where a built service is. */
export interface SharedService {
  readonly origin: string;
  /** Key that tests use; empty: the service needs none */
  readonly key: string;
}

/** A built service in a process of its own. */
export interface Console {
  readonly port: number;
  readonly origin: string;
  end(): Promise<void>;
}

const shared = (name: string) =>
  fileURLToPath(new URL(`../../../shared/data/classic_rock.${name}.csv.gz`, import.meta.url));

/** Radio programmes with titles from beside the project, or a small synthetic sample. */
export async function dataFiles(folder: string): Promise<Record<"PLAYLISTS" | "CATALOGUE", string>> {
  if (existsSync(shared("train"))) return { PLAYLISTS: shared("train"), CATALOGUE: shared("songs") };
  const files = { PLAYLISTS: join(folder, "playlists.csv"), CATALOGUE: join(folder, "songs.csv") };
  await writeFile(files.PLAYLISTS, styledPlaylistsCsv());
  await writeFile(files.CATALOGUE, styledCatalogueCsv());
  return files;
}

/** Trains two model versions into the folder `data`. */
export async function trainTwice(folder: string): Promise<void> {
  const files = await dataFiles(folder);
  for (const size of [48, 32]) {
    const options = `--workers 1 --vector-size ${size} --epochs 4 --hold-out 50 --next-song-epochs 1`.split(" ");
    const { code, errors } = await runCommand(["train", "--data-dir", join(folder, "data"), ...options], files);
    if (code !== 0) throw new Error(errors);
  }
}

/** Starts the built service on a copy of the trained data directory. */
export async function startCopy(folder: string, environment: Readonly<Record<string, string>> = {}): Promise<Console> {
  const dataDir = await mkdtemp(join(folder, "copy-"));
  await cp(join(folder, "data"), dataDir, { recursive: true });
  return startConsole({ ...(await dataFiles(folder)), DATA_DIR: dataDir, ...environment });
}

export const shortTraining = { vectorSize: 32, epochs: 4, nextSongEpochs: 1 };

/** Starts the built service on a free port. @param ready what it prints when the test can begin */
export async function startConsole(
  environment: Readonly<Record<string, string>>,
  ready = /model (activated|loaded)/,
): Promise<Console> {
  const program = startProgram([...serverOptions, main, "serve"], {
    PORT: "0",
    DRAIN_SECONDS: "0",
    WORKERS: "1",
    HYPERPARAMETERS: JSON.stringify({ ...shortTraining, holdOut: 50 }),
    ...environment,
  });
  const [, port = ""] = await waitFor(program, /Server listening at http:\/\/[^:]+:(\d+)/);
  await waitFor(program, ready);
  return {
    port: Number(port),
    origin: `http://127.0.0.1:${port}`,
    async end() {
      program.child.kill("SIGKILL");
      await program.ended;
    },
  };
}

/** Sends a request to a service outside of the page. */
export async function call({ origin, key }: SharedService, path: string, body?: unknown) {
  const headers = { ...(key !== "" && { authorization: `Bearer ${key}` }), "content-type": "application/json" };
  const response = await fetch(`${origin}/${path}`, {
    headers,
    ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
  });
  return JSON.parse(await response.text());
}
