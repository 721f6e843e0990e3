import axe, { type AxeResults, type RunOptions } from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect, inject, it, onTestFinished } from "vitest";
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
  /** Statuses of error responses and network errors that the test provokes: Chromium reports them on the console. */
  readonly expected?: readonly string[];
  /** Key of the session, as if it had been entered. */
  readonly key?: string;
  /** Whether nothing may be in the browser's cache. */
  readonly isFirstVisit?: boolean;
}

/** A service whose machine is busy for half a second refuses; the page asks again. */
const busy = "503";

interface OpenedPage {
  readonly page: Page;
  /** What it did that no page may do, but for what the test expects */
  problems: string[];
  expected: readonly string[];
  isFree: boolean;
}

let browser: Browser | undefined;
/** Pages that the next test can use: to open one takes as long as a short test. */
const opened = new Map<string, OpenedPage>();

/** Opens a page in the browser of this run. What a page may never do fails its test. */
export async function open(service: SharedService, path = "", options: PageOptions = {}): Promise<Page> {
  const { expected = [], key = service.key, isFirstVisit = false, ...context } = options;
  const use = JSON.stringify([service.origin, key, context]);
  const free = opened.get(use);
  const isReused = free?.isFree === true && !isFirstVisit;
  const used = isReused ? free : await openPage(service.origin, key, context);
  const isKept = isReused || (!free && !isFirstVisit);
  if (isKept) opened.set(use, used);
  used.isFree = false;
  // What the page before still does until then is not this test's.
  used.page.once("framenavigated", () => Object.assign(used, { problems: [], expected }));
  onTestFinished(async () => {
    if (!isKept) await used.page.context().close();
    used.isFree = true;
    expect(used.problems).toEqual([]);
  });
  await used.page.setViewportSize(options.viewport ?? defaults.viewport); // as a test before may have changed it
  await used.page.goto(`${service.origin}/${path}`);
  return used.page;
}

const defaults = { viewport: { width: 1280, height: 900 }, locale: "en-US", reducedMotion: "reduce" } as const;

async function openPage(origin: string, key: string, options: BrowserContextOptions): Promise<OpenedPage> {
  browser ??= await chromium.connect(inject("browser"));
  const context = await browser.newContext({ ...defaults, ...options });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await context.addInitScript((given) => {
    if (given !== "" && location.protocol === "http:") sessionStorage.setItem("song2vec.key", given);
    document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
      console.error(`Content-Security-Policy: ${violatedDirective} ${blockedURI}`),
    );
    const record = (list: PerformanceObserverEntryList) => {
      for (const shift of list.getEntries() as LayoutShift[]) if (!shift.hadRecentInput) shifts.push(shift);
    };
    const shifts: LayoutShift[] = [];
    Object.assign(window, { shifts });
    new PerformanceObserver(record).observe({ type: "layout-shift", buffered: true });
  }, key);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const result: OpenedPage = { page, problems: [], expected: [], isFree: false };
  const { host } = new URL(origin);
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol !== "about:" && url.host !== host) result.problems.push(`request to ${url.origin}`);
    if (Object.values(keys).some((secret) => url.href.includes(secret))) result.problems.push(`key in ${url.href}`);
  });
  context.on("console", (message) => {
    const [, cause = ""] = /(?:responded with a status of |net::)(\w+)/.exec(message.text()) ?? [];
    const isExpected = [...result.expected, busy].includes(cause);
    if (!["error", "warning"].includes(message.type()) || isExpected) return;
    result.problems.push(`${message.text()} ${message.location().url}`);
  });
  context.on("weberror", (error) => result.problems.push(String(error.error())));
  return result;
}

interface LayoutShift extends PerformanceEntry {
  readonly value: number;
  readonly hadRecentInput: boolean;
  readonly sources: readonly { readonly node: Node | null }[];
}

/** What moved on its own since this was last asked, and is still there. @returns the sum of the shifts, and the elements */
export async function layoutShifts(page: Page): Promise<{ readonly sum: number; readonly moved: readonly string[] }> {
  return page.evaluate(() => {
    const shifts = (window as unknown as { shifts: LayoutShift[] }).shifts.splice(0);
    const elements = ({ sources }: LayoutShift) =>
      sources.flatMap(({ node }) => (node instanceof Element ? [node] : []));
    const present = shifts.filter((shift) => elements(shift).length > 0);
    return {
      sum: present.reduce((sum, { value }) => sum + value, 0),
      moved: present.flatMap(elements).map(({ outerHTML }) => outerHTML.slice(0, 100)),
    };
  });
}

/** Serious accessibility problems of a page, light and dark. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axe.source); // not a script element, which the Content-Security-Policy refuses
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
