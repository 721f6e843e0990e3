import { existsSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import type { TestProject } from "vitest/node";
import { main, runCommand, type Running, serverOptions, startProgram, waitFor } from "../helpers/process.ts";
import { buildDist } from "../helpers/setup.ts";
import { styledCatalogueCsv, styledPlaylistsCsv } from "../helpers/styles.ts";

/** A built service that the tests of all files use. */
export interface SharedService {
  readonly origin: string;
  /** Key of the role admin; empty: the service needs none */
  readonly key: string;
}

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the browser of this run; empty if there is no Chromium. */
    readonly browser: string;
    /** Folder of `data`, a data directory with two model versions, and of the CSV files that they were trained on. */
    readonly trainedTwice: string;
    readonly services: { readonly open: SharedService; readonly keyed: SharedService };
  }
}

const candidates = ["chromium", "chromium-browser", "google-chrome"].map((name) => `/usr/bin/${name}`);
export const executablePath = [process.env["CHROMIUM"] ?? "", ...candidates].find((path) => existsSync(path));
/** Without the requests that Chromium makes on its own. */
export const launchOptions = {
  executablePath: executablePath ?? "",
  args: ["background-networking", "component-update", "gpu", "sync"]
    .map((name) => `--disable-${name}`)
    .concat("--no-sandbox", "--no-first-run"),
};
export const keys = { reader: "reader-key", writer: "writer-key", admin: "admin-key" };

/** Starts a browser and two built services, without keys and with them, once per run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const none = { origin: "", key: "" };
  project.provide("browser", "");
  project.provide("trainedTwice", "");
  project.provide("services", { open: none, keyed: none });
  if (executablePath === undefined) {
    console.error(`test/browser is skipped: no Chromium in CHROMIUM, ${candidates.join(", ")}`);
    return async () => {};
  }
  buildDist();
  const folder = await mkdtemp(join(tmpdir(), "song2vec-browser-"));
  const [browser] = await Promise.all([chromium.launchServer(launchOptions), trainTwice(folder)]);
  const keyList = Object.entries(keys).map(([role, key]) => `${role}:${key}`);
  const services = await Promise.all([
    startService(folder, "open", {}),
    startService(folder, "keyed", { API_KEYS: keyList.join() }),
  ]);
  project.provide("browser", browser.wsEndpoint());
  project.provide("trainedTwice", folder);
  const [open, keyed] = services.map(({ port }) => `http://127.0.0.1:${port}`);
  project.provide("services", {
    open: { origin: open ?? "", key: "" },
    keyed: { origin: keyed ?? "", key: keys.admin },
  });
  return async () => {
    for (const { child } of services) child.kill("SIGKILL");
    await Promise.all([browser.close(), ...services.map(({ ended }) => ended)]);
    await rm(folder, { recursive: true, force: true });
  };
}

const shared = (name: string) =>
  fileURLToPath(new URL(`../../../shared/data/classic_rock.${name}.csv.gz`, import.meta.url));

/** The files of radio programmes with titles beside the project, or a small synthetic sample. */
export async function dataFiles(folder: string): Promise<Record<"PLAYLISTS" | "CATALOGUE", string>> {
  if (existsSync(shared("train"))) return { PLAYLISTS: shared("train"), CATALOGUE: shared("songs") };
  const files = { PLAYLISTS: join(folder, "playlists.csv"), CATALOGUE: join(folder, "songs.csv") };
  await writeFile(files.PLAYLISTS, styledPlaylistsCsv());
  await writeFile(files.CATALOGUE, styledCatalogueCsv());
  return files;
}

async function trainTwice(folder: string): Promise<void> {
  const files = await dataFiles(folder);
  for (const size of [48, 32]) {
    const options = `--workers 1 --vector-size ${size} --epochs 4 --hold-out 50`.split(" ");
    const { code, errors } = await runCommand(["train", "--data-dir", join(folder, "data"), ...options], files);
    if (code !== 0) throw new Error(errors);
  }
}

/** Starts a built service on a copy of the trained data directory. */
async function startService(folder: string, name: string, environment: Readonly<Record<string, string>>) {
  const dataDir = join(folder, name);
  await cp(join(folder, "data"), dataDir, { recursive: true });
  return startConsole({ ...(await dataFiles(folder)), DATA_DIR: dataDir, ...environment });
}

/** Starts the built service on a free port. */
export async function startConsole(
  environment: Readonly<Record<string, string>>,
  ready = /model (activated|loaded)/,
): Promise<Running & { readonly port: number }> {
  const program = startProgram([...serverOptions, main, "serve"], {
    PORT: "0",
    DRAIN_SECONDS: "0",
    WORKERS: "1",
    ...environment,
  });
  const [, port = ""] = await waitFor(program, /Server listening at http:\/\/[^:]+:(\d+)/);
  await waitFor(program, ready);
  return { ...program, port: Number(port) };
}
