import axe, { type AxeResults, type RunOptions } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, inject, it, onTestFinished } from "vitest";
import { call, keys } from "./services.ts";
import type { SharedService } from "./services.ts";

/** Tests that need a browser: skipped where there is none. */
export const inBrowser = it.skipIf(inject("browser") === "");
export const services = inject("services");

/** A test with the service that has keys and the one that has none, at the same time. */
export function onBoth(name: string, run: (service: SharedService) => Promise<void>): void {
  inBrowser(`${name}, with keys and without`, async () => {
    await Promise.all([services.open, services.keyed].map(run));
  });
}

export interface PageOptions extends BrowserContextOptions {
  /** Statuses of error responses that the test provokes: Chromium reports them on the console. */
  readonly expected?: readonly number[];
  /** Key of the session, as if it had been entered. */
  readonly key?: string;
}

/** Opens pages of the browser of this run. What a page may never do fails its test. */
export function useBrowser(): (service: SharedService, path?: string, options?: PageOptions) => Promise<Page> {
  let browser: Browser;
  beforeAll(async () => {
    if (inject("browser") !== "") browser = await chromium.connect(inject("browser"));
  });
  afterAll(() => browser?.close());
  return async ({ origin, key: ofService }, path = "", { expected = [], key = ofService, ...options } = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-US", ...options });
    const problems: string[] = [];
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await context.addInitScript((given) => {
      if (given !== "" && location.protocol === "http:") sessionStorage.setItem("song2vec.key", given);
      document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
        console.error(`Content-Security-Policy: ${violatedDirective} ${blockedURI}`),
      );
    }, key);
    context.on("request", (request) => {
      const url = new URL(request.url());
      if (url.origin !== new URL(origin).origin) problems.push(`request to ${url.origin}`);
      if (Object.values(keys).some((secret) => url.href.includes(secret))) problems.push(`key in ${url.href}`);
    });
    context.on("console", (message) => {
      const status = Number(/responded with a status of (\d+)/.exec(message.text())?.[1]);
      if (["error", "warning"].includes(message.type()) && !expected.includes(status)) problems.push(message.text());
    });
    context.on("weberror", (error) => problems.push(String(error.error())));
    onTestFinished(async () => {
      await context.close();
      expect(problems).toEqual([]);
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(`${origin}/${path}`);
    return page;
  };
}

/** Serious accessibility problems of a page, light and dark. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe.source); // not a script element, which the Content-Security-Policy refuses
  const run = (options: RunOptions) =>
    page.evaluate<AxeResults["violations"]>(
      `axe.run(${JSON.stringify({ preload: false, resultTypes: ["violations"], ...options })}).then((found) => found.violations)`,
    );
  const light = await run({});
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await run({ runOnly: ["color-contrast"] });
  await page.emulateMedia({ colorScheme: "light" });
  return [...light, ...dark]
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

/** Elements that are wider than a page, and do not scroll on their own. */
export const overflowing = (page: Page) =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    return [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > width && !element.closest(".scroll"))
      .map((element) => element.outerHTML.slice(0, 100));
  });

export interface Song {
  readonly songId: string;
  readonly title: string;
  readonly artist: string;
}

/** The most popular songs, with titles that no other song has. */
export async function popularSongs(service: SharedService, count = 3): Promise<Song[]> {
  const { items }: { items: Song[] } = await call(service, "v1/recommendations", { songs: ["?"], limit: 20 });
  return items.slice(0, count);
}
