/**
 * Speed of the console in Chromium: from the start of the navigation until the search field can be used and the state
 * is shown, from typed letters to their results, the longest task, and the bytes of the first load.
 *
 *     npm run bench:console -- --data-dir <folder with a model of 60,000 songs> [--loads 10]
 */
import { parseArgs } from "node:util";
import { type Browser, chromium } from "playwright-core";
import { executablePath, launchOptions, whereSought } from "../browser/chromium.ts";
import { call, startConsole } from "../browser/services.ts";
import { describeMachine } from "./machine.ts";
import { cell, printTable } from "./table.ts";

interface Load {
  readonly usable: number;
  readonly results: readonly number[];
  readonly longestTask: number;
  readonly bytes: number;
}

const { values } = parseArgs({
  options: { "data-dir": { type: "string" }, loads: { type: "string", default: "10" } },
});
if (executablePath === undefined) throw new RangeError(`no Chromium in ${whereSought}`);
console.log(describeMachine());
const service = await startConsole({ ...(values["data-dir"] && { DATA_DIR: values["data-dir"] }) });
const browser = await chromium.launch(launchOptions);
try {
  const { model } = await call({ origin: service.origin, key: "" }, "v1/status");
  const { items } = await call({ origin: service.origin, key: "" }, "v1/recommendations", { songs: ["?"], limit: 20 });
  const texts = items.map(({ songId, title = songId }: { songId: string; title?: string }) => title.slice(0, 3));
  const loads: Load[] = [];
  for (let i = 0; i <= Number(values.loads); i++) loads.push(await load(browser, service.origin, texts.slice(0, 3)));
  loads.shift(); // the first one fills the caches of the service
  const rows = {
    "first view usable, ms": loads.map(({ usable }) => usable),
    "letters to results, ms": loads.flatMap(({ results }) => results),
    "longest task, ms": loads.map(({ longestTask }) => longestTask),
    "bytes of the first load": loads.map(({ bytes }) => bytes),
  };
  console.log(`${model.songs} songs, ${loads.length} loads, each with an empty cache`);
  printTable(
    Object.entries(rows).map(([what, figures]) => {
      const sorted = figures.toSorted((a, b) => a - b);
      return { what, median: cell(sorted[sorted.length >> 1]), largest: cell(sorted.at(-1)) };
    }),
  );
} finally {
  await browser.close();
  await service.end();
}

async function load(from: Browser, origin: string, texts: readonly string[]): Promise<Load> {
  const context = await from.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.addInitScript(() => {
    const measured = { usable: 0, typed: 0, results: [] as number[], longest: 0 };
    Object.assign(window, { measured });
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) measured.longest = Math.max(measured.longest, duration);
    }).observe({ type: "longtask", buffered: true });
    document.addEventListener("input", () => (measured.typed = performance.now()), true);
    new MutationObserver(() => {
      const now = performance.now();
      const isUsable = document.querySelector("[role=combobox]") && document.querySelector(".top .badge");
      if (measured.usable === 0 && isUsable) measured.usable = now;
      if (measured.typed === 0 || !document.querySelector("[role=listbox]:not([hidden]) [role=option]")) return;
      measured.results.push(now - measured.typed);
      measured.typed = 0;
    }).observe(document, { subtree: true, childList: true, attributes: true });
  });
  await page.goto(origin);
  await page.locator(".top .badge").waitFor();
  const field = page.getByRole("combobox").first();
  for (const [i, text] of texts.entries()) {
    await field.fill("");
    await page.keyboard.insertText(text); // at once: the results of letters before would count as its own
    await page.waitForFunction((count) => Reflect.get(window, "measured").results.length > count, i);
  }
  const { usable, results, longest, bytes } = await page.evaluate(() => ({
    ...(Reflect.get(window, "measured") as { usable: number; results: number[]; longest: number }),
    bytes: performance
      .getEntries()
      .reduce((sum, entry) => sum + ("transferSize" in entry ? Number(entry.transferSize) : 0), 0),
  }));
  await context.close();
  return { usable, results, longestTask: longest, bytes };
}
