import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { TestProject } from "vitest/node";
import { buildDist } from "../helpers/setup.ts";
import { executablePath, launchOptions, whereSought } from "./chromium.ts";
import { keys, type SharedService, startCopy, trainTwice } from "./services.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of the browser of this run; empty if there is no Chromium. */
    readonly browser: string;
    /** Folder of `data`, a data directory with two model versions, and of the CSV files that they were trained on. */
    readonly trainedTwice: string;
    readonly services: { readonly open: SharedService; readonly keyed: SharedService };
  }
}

/** Starts a browser and two built services, without keys and with them, once per run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const none = { origin: "", key: "" };
  project.provide("browser", "");
  project.provide("trainedTwice", "");
  project.provide("services", { open: none, keyed: none });
  if (executablePath === undefined) {
    console.error(`test/browser is skipped: no Chromium in ${whereSought}`);
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
