import { existsSync } from "node:fs";
import type { Page } from "playwright-core";

const candidates = ["chromium", "chromium-browser", "google-chrome"].map((name) => `/usr/bin/${name}`);
/** Path of Chromium; undefined if there is none. */
export const executablePath = [process.env["CHROMIUM"] ?? "", ...candidates].find((path) => existsSync(path));
export const whereSought = `CHROMIUM, ${candidates.join(", ")}`;

/** Without the requests that Chromium makes on its own. */
export const launchOptions = {
  executablePath: executablePath ?? "",
  args: ["background-networking", "component-update", "gpu", "sync"]
    .map((name) => `--disable-${name}`)
    .concat("--no-sandbox", "--no-first-run"),
};

/** Waits until nothing of a view is loading. */
export async function settled(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  await page.waitForFunction(() => document.querySelector("[aria-busy=true], .skeleton") === null);
}
