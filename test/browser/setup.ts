import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { TestProject } from "vitest/node";
import { buildDist } from "../helpers/setup.ts";
import { keys, startCopy, trainTwice } from "./services.ts";

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
  const [open, keyed] = await Promise.all([startCopy(folder), startCopy(folder, { API_KEYS: keyList.join() })]);
  project.provide("browser", browser.wsEndpoint());
  project.provide("trainedTwice", folder);
  project.provide("services", {
    open: { origin: open.origin, key: "" },
    keyed: { origin: keyed.origin, key: keys.admin },
  });
  return async () => {
    await Promise.all([browser.close(), open.end(), keyed.end()]);
    await rm(folder, { recursive: true, force: true });
  };
}
