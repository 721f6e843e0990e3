import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject } from "vitest";
import { settled } from "./chromium.ts";
import { inBrowser, overflowing, open } from "./page.ts";
import { type Console, shortTraining, startConsole } from "./services.ts";

const titles = [
  `<img src=x onerror="document.title='owned'">`,
  `"><script>document.title='owned'</script>`,
  "أغنية الليل الطويل",
  "x".repeat(500),
  "🎵🎶👩‍👩‍👧‍👦",
  "‮gnorw‬ & <b>bold</b>",
  "노래 하나 <style>*{display:none}</style>",
  "{count} ${count} %s",
];

let service: Console;
let folder = "";
beforeAll(async () => {
  if (inject("browser") === "") return;
  folder = await mkdtemp(join(tmpdir(), "song2vec-titles-"));
  const [PLAYLISTS, CATALOGUE] = [join(folder, "playlists.csv"), join(folder, "songs.csv")];
  const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const plays = Array.from({ length: 60 }, (_, i) => titles.map((_, song) => `${i},${(song + i) % 12}`));
  await writeFile(PLAYLISTS, ["Category,master_number", ...plays.flat()].join("\n"));
  const songs = titles.map((title, i) => [i, title, titles.at(-1 - i) ?? "", title].map(String).map(cell).join());
  await writeFile(CATALOGUE, ["master_number,title,artist,genre", ...songs].join("\n"));
  const HYPERPARAMETERS = JSON.stringify({ ...shortTraining, holdOut: 0 });
  service = await startConsole({ PLAYLISTS, CATALOGUE, DATA_DIR: join(folder, "data"), HYPERPARAMETERS });
});
afterAll(async () => {
  await service?.end();
  await rm(folder, { recursive: true, force: true });
});

const all = titles.map((_, i) => `song=${i}`).join("&");
const views = [`?${all}&repeats=allow&limit=20&exclude=1&dislike=0`, "song?id=0&to=2"];
inBrowser("titles are shown as text, and nothing overflows at 360 pixels; they are found by search", async () => {
  const page = await open({ ...service, key: "" }, views[0], { viewport: { width: 360, height: 740 } });
  for (const address of views) {
    await page.goto(`${service.origin}/${address}`);
    await settled(page);
    await page.locator("ol.list > li").nth(7).waitFor();
    for (const title of titles.slice(0, 2))
      expect(await page.getByText(title, { exact: true }).count()).toBeGreaterThan(0);
    expect(await page.locator("main img, main script, main b, main style").count()).toBe(0);
    expect(await page.title()).toMatch(/ · song2vec$/);
    expect(await overflowing(page)).toEqual([]);
  }
  await page.getByRole("combobox", { name: "Find another song" }).fill("<img");
  await page.getByRole("option").first().waitFor();
  expect(await page.getByRole("option").first().locator(".title").textContent()).toBe(titles[0]);
});
