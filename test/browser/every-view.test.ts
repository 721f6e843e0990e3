import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished } from "vitest";
import { en } from "../../src/console/texts/en.ts";
import { ko } from "../../src/console/texts/ko.ts";
import { settled } from "./chromium.ts";
import type { Page } from "playwright-core";
import {
  accessibilityProblems,
  inBrowser,
  overflowing,
  type PageOptions,
  popularSongs,
  services,
  useBrowser,
} from "./page.ts";
import { call, type Console, startCopy } from "./services.ts";

const open = useBrowser();
/** Every view, with something to show. */
let addresses: Record<string, string> = {};
beforeAll(async () => {
  if (services.open.origin === "") return;
  const songs = await popularSongs(services.open);
  const [{ version }] = (await call(services.open, "v1/models")).items;
  const playlist = songs.map(({ songId }) => `song=${songId}`).join("&");
  addresses = {
    tryIt: `?${playlist}&song=unheard`,
    empty: "",
    compared: `?${playlist}&compare=1&b.strategy=similarity`,
    songs: "song",
    song: `song?id=${songs[0]?.songId}&to=${songs[1]?.songId}&steps=3&other=${version}`,
    models: "models",
    training: "training",
    status: "status",
    notFound: "song?id=nothing-like-it",
  };
});
const names = ["tryIt", "empty", "compared", "songs", "song", "models", "training", "status", "notFound"];
const expected = [404, 409]; // songs that do not exist, models that are loading

/** Shows every view in one page, with something in it. */
async function eachView(options: PageOptions, check: (page: Page, name: string) => Promise<void>): Promise<void> {
  const page = await open(services.open, "", { expected, ...options });
  for (const name of names) {
    await page.goto(`${services.open.origin}/${addresses[name]}`);
    await settled(page);
    await check(page, name);
  }
}

inBrowser("no view has a serious accessibility problem, light and dark", () =>
  eachView({}, async (page, name) => expect(await accessibilityProblems(page), name).toEqual([])),
);

inBrowser("every view fits a width of 360 pixels, in Korean without a word of English", () =>
  eachView({ viewport: { width: 360, height: 740 }, locale: "ko-KR" }, async (page, name) => {
    expect(await overflowing(page), name).toEqual([]);
    expect(await page.locator("html").getAttribute("lang")).toBe("ko");
    const shown = await page.locator("body").innerText();
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
  const page = await open(services.open);
  await settled(page);
  const sizes = await page.evaluate(() =>
    [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].map(
      (entry) => (entry as PerformanceResourceTiming).transferSize,
    ),
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(100 * 1024);
});

describe("behind a proxy with a path prefix", () => {
  let service: Console | undefined;
  beforeAll(async () => {
    if (inject("browser") !== "") service = await startCopy(inject("trainedTwice"), { BASE_PATH: "/music" });
  });
  afterAll(() => service?.end());

  inBrowser.each([["strips"], ["keeps"]])("that %s it, every view is there", async (form) => {
    const origin = await startProxy(service?.port ?? 0, form === "strips");
    const page = await open({ origin, key: "" }, `music/${addresses["tryIt"]}`, { expected });
    await expect
      .poll(() => page.getByRole("region", { name: "Recommendations" }).locator("ol.list > li").count())
      .toBe(10);
    for (const view of ["Songs", "Models", "Training", "Status"]) {
      await page.getByRole("navigation").getByRole("link", { name: view }).click();
      await expect.poll(() => new URL(page.url()).pathname).toMatch(/^\/music\/\w+$/);
      await page.reload();
      await settled(page);
    }
  });
});

/** Starts a proxy below `/music`. @returns its origin */
async function startProxy(port: number, strips: boolean): Promise<string> {
  const proxy = createServer((received, response) => {
    const { method, headers, url = "" } = received;
    const path = strips ? url.replace(/^\/music(?=\/|$)/, "") : url;
    received.pipe(
      request({ host: "127.0.0.1", port, path, method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  onTestFinished(() => void proxy.close());
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}
