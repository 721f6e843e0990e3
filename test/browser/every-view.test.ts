import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { en } from "../../src/console/texts/en.ts";
import { ko } from "../../src/console/texts/ko.ts";
import { settled } from "./chromium.ts";
import type { Page } from "playwright-core";
import {
  accessibilityProblems,
  inBrowser,
  layoutShifts,
  overflowing,
  type PageOptions,
  popularSongs,
  services,
  open,
} from "./page.ts";
import { startProxy } from "./proxy.ts";
import { call, type Console, startCopy } from "./services.ts";

const desktop = { width: 1280, height: 900 };
const phone = { width: 360, height: 740 };
/** Every view, with something to show. */
let addresses: Record<string, string> = {};
beforeAll(async () => {
  if (services.open.origin === "") return;
  const songs = await popularSongs(services.open);
  const [{ version }] = (await call(services.open, "v1/models")).items;
  const playlist = songs.map(({ songId }) => `song=${songId}`).join("&");
  // No view follows one of the same route: `follow` waits for its heading.
  addresses = {
    tryIt: `?${playlist}&song=unheard`,
    songs: "song",
    empty: "",
    song: `song?id=${songs[0]?.songId}&to=${songs[1]?.songId}&steps=3&other=${version}`,
    compared: `?${playlist}&compare=1&b.strategy=similarity`,
    models: "models",
    training: "training",
    status: "status",
    notFound: "song?id=nothing-like-it",
  };
});
const expected = ["404", "409"]; // songs that do not exist, models that are loading

/** Shows every view in one page, with something in it. */
async function eachView(options: PageOptions, check: (page: Page, name: string) => Promise<void>): Promise<void> {
  const page = await open(services.open, "training", { expected, ...options });
  for (const [name, address] of Object.entries(addresses)) {
    await follow(page, `${services.open.origin}/${address}`);
    const { sum, moved } = await layoutShifts(page);
    expect(sum, `${name}: ${moved.join("\n")}`).toBeLessThan(0.02);
    await check(page, name);
  }
}

/** Goes on to another view by a link, as a user does. */
async function follow(page: Page, href: string): Promise<void> {
  await settled(page);
  await page.evaluate((to) => {
    document.querySelector("h1")?.classList.add("left");
    const link = Object.assign(document.createElement("a"), { href: to });
    document.body.append(link);
    link.click();
    link.remove();
  }, href);
  await page.locator("h1:not(.left)").waitFor();
  await settled(page);
}

inBrowser(
  "no view has a serious accessibility problem, light and dark, and each fits a width of 360 pixels, without layout shifts",
  () =>
    eachView({}, async (page, name) => {
      expect(await accessibilityProblems(page), name).toEqual([]);
      await page.setViewportSize(phone);
      await expect.poll(() => overflowing(page), { message: name }).toEqual([]); // plots follow a frame later
      await page.setViewportSize(desktop);
    }),
);

inBrowser("every view fits it in Korean too, without a word of English", () =>
  eachView({ viewport: phone, locale: "ko-KR" }, async (page, name) => {
    expect(await overflowing(page), name).toEqual([]);
    expect(await page.locator("html").getAttribute("lang")).toBe("ko");
    const shown = await page.evaluate(() => {
      const attributes = ["aria-label", "title", "placeholder"].flatMap((attribute) =>
        [...document.querySelectorAll(`[${attribute}]`)].map((element) => element.getAttribute(attribute)),
      );
      return [document.body.innerText, ...attributes].join("\n");
    });
    const lines = new Set(shown.split("\n").map((line) => line.trim()));
    const english = englishTexts.filter((text) => lines.has(text));
    expect(english, name).toEqual([]);
  }),
);

/** Texts that differ in the two languages, without values in braces. */
const englishTexts = Object.entries(en).flatMap(([key, text]) =>
  typeof text === "string" && !text.includes("{") && text !== ko[key as keyof typeof ko] ? [text] : [],
);

inBrowser("at most 100 KB are transferred before the first view can be used", async () => {
  const page = await open(services.open, "", { isFirstVisit: true });
  await settled(page);
  const sizes = await page.evaluate(() =>
    [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map(
      (entry) => (entry as PerformanceResourceTiming).transferSize,
    ),
  );
  const sum = sizes.reduce((a, b) => a + b, 0);
  expect(sum).toBeGreaterThan(10 * 1024); // nothing came from a cache
  expect(sum).toBeLessThanOrEqual(100 * 1024);
});

describe("below a path prefix", () => {
  let service: Console;
  beforeAll(async () => {
    if (inject("browser") !== "") service = await startCopy(inject("trainedTwice"), { BASE_PATH: "/music" });
  });
  afterAll(() => service?.end());

  inBrowser("every view is there, also behind a proxy that strips the prefix", async () => {
    const proxy = await startProxy(service.origin, "/music");
    const page = await open({ ...proxy, key: "" }, `music/${addresses["tryIt"]}`, { expected });
    await expect
      .poll(() => page.getByRole("region", { name: "Recommendations" }).locator("ol.list > li").count())
      .toBe(10);
    for (const view of ["Songs", "Models", "Training", "Status"]) {
      await page.getByRole("navigation").getByRole("link", { name: view }).click();
      await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/music\/\w+$/);
      await settled(page);
    }
    await page.reload();
    await settled(page);
    const direct = await open({ origin: service.origin, key: "" }, "music/models");
    await direct.getByRole("heading", { name: "Model 2" }).waitFor();
  });
});
