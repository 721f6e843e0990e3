/**
 * Writes an image of every view into the folder `screenshots`: on a desktop, on a phone, dark and in Korean, of the
 * synthetic sample.
 *
 *     npm run screenshots [-- <folder>]
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContextOptions, chromium } from "playwright-core";

import { launchOptions, settled } from "./chromium.ts";
import { call, startConsole } from "./services.ts";

const songs = ["13346", "14597", "12461"];
const playlist = songs.map((id) => `song=${id}`).join("&");
const views = {
  "first-steps": "",
  "try-it": `?${playlist}`,
  compared: `?${playlist}&compare=1&b.diversity=0.8`,
  songs: "song",
  song: `song?id=${songs[0]}&to=10017`,
  models: "models",
  training: "training",
  tuning: "training?tab=tuning",
  status: "status",
  missing: "song?id=no-such-song",
};
const desktop = { width: 1280, height: 860 };
const forms: Record<string, BrowserContextOptions> = {
  desktop: { viewport: desktop },
  dark: { viewport: desktop, colorScheme: "dark" },
  phone: { viewport: { width: 360, height: 740 } },
  korean: { viewport: desktop, locale: "ko-KR" },
};

const images = process.argv[2] ?? "screenshots";
await mkdir(images, { recursive: true });
const folder = await mkdtemp(join(tmpdir(), "song2vec-screenshots-"));
const service = await startConsole({ DATA_DIR: join(folder, "data"), HYPERPARAMETERS: "{}" });
const browser = await chromium.launch(launchOptions);
try {
  const { jobId } = await call({ ...service, key: "" }, "v1/training-jobs", {});
  await fetch(`${service.origin}/v1/training-jobs/${jobId}/events`).then((response) => response.text());
  for (const [form, options] of Object.entries(forms)) {
    const context = await browser.newContext({ locale: "en-US", ...options });
    const page = await context.newPage();
    for (const [view, address] of Object.entries(views)) {
      await page.goto(`${service.origin}/${address}`);
      await settled(page);
      if (view === "try-it") await page.locator(".results button[aria-expanded]").first().click();
      await page.evaluate(() => scrollTo(0, 0)); // the header stays at the top of the view
      await page.waitForTimeout(200); // curves are drawn
      await page.screenshot({ path: join(images, `${view}-${form}.png`), fullPage: form !== "desktop" });
    }
    await context.close();
  }
} finally {
  await browser.close();
  await service.end();
  await rm(folder, { recursive: true, force: true });
}
