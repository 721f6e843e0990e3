import { execFile } from "node:child_process";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { beforeAll, expect } from "vitest";
import { settled } from "./chromium.ts";
import { inBrowser, onBoth, popularSongs, services, type Song, open } from "./page.ts";

const run = promisify(execFile);
let songs: Song[];
beforeAll(async () => {
  if (services.open.origin !== "") songs = await popularSongs(services.open);
});

const playlist = (page: Page) => page.getByRole("region", { name: "Playlist" }).locator("ol > li");
const results = (page: Page) => page.getByRole("region", { name: "Recommendations" });
const query = (ids = songs.map(({ songId }) => songId)) => `?${ids.map((id) => `song=${id}`).join("&")}`;
const copied = async (page: Page, button: string) => {
  await page.getByRole("button", { name: button }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  return page.evaluate(() => navigator.clipboard.readText());
};

onBoth("search builds a playlist, recommendations follow, and say why", async (service) => {
  const page = await open(service);
  for (const [i, { title }] of songs.entries()) {
    await page.getByRole("combobox", { name: "Add a song" }).fill(title);
    await page.getByRole("option", { name: title }).first().click();
    await expect.poll(() => playlist(page).count()).toBe(i + 1);
  }
  await expect.poll(() => results(page).locator("ol.list > li").count()).toBe(10);
  await settled(page); // the list before stays until the next one is there
  await results(page).getByRole("button", { name: /^Why/ }).first().click();
  const reason = results(page).locator(".reason").first();
  await reason.waitFor();
  expect(await reason.textContent()).toMatch(/\d ?%/);
  const before = await results(page).locator(".title").first().textContent();
  await page.getByRole("button", { name: "Leave out" }).click();
  await expect.poll(() => page.url()).toContain("exclude=");
  await expect.poll(() => results(page).locator(".title").first().textContent()).not.toBe(before);
  const shown = await results(page).locator(".song .title").allTextContents();
  await page.reload(); // the address has it all
  await expect.poll(() => results(page).locator(".title").allTextContents()).toEqual(shown);
});

inBrowser("copied as curl it runs in a shell, with the key in a variable; saved as M3U it has the songs", async () => {
  for (const service of [services.open, services.keyed]) {
    // one after the other: they share the clipboard
    const page = await open(service, query());
    const command = await copied(page, "Copy as curl");
    if (service.key !== "") expect(command).not.toContain(service.key);
    const { stdout } = await run("sh", ["-c", command], { env: { ...process.env, SONG2VEC_KEY: service.key } });
    expect(JSON.parse(stdout)).toEqual(JSON.parse(await copied(page, "Copy as JSON")));

    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as M3U" }).click();
    const lines = (await text(await (await saved).createReadStream())).trim().split("\n");
    expect(lines[0]).toBe("#EXTM3U");
    expect(lines.filter((line) => line.startsWith("#EXTINF:-1,"))).toHaveLength(10);
    expect(lines).toHaveLength(21);
  }
});

onBoth("two model versions side by side, the second loaded on demand", async (service) => {
  const page = await open(service, query(), { expected: ["409"] });
  await page.getByRole("button", { name: "Compare" }).click();
  const options = page.locator("details", { hasText: "Options of list B" });
  await expect.poll(() => options.getByLabel("Model version").locator("option").count()).toBeGreaterThan(1);
  const version = await options.getByLabel("Model version").locator("option").last().getAttribute("value");
  await options.getByLabel("Model version").selectOption(version);
  await page.getByText(/of 10 songs are in both lists/).waitFor();
  await expect.poll(() => page.url()).toContain(`b.model=${version}`);
  await expect.poll(() => page.getByRole("region", { name: "B", exact: true }).locator(".badge").count()).toBe(10);
});

inBrowser("the keyboard alone builds a playlist and takes a song out again", async () => {
  const page = await open(services.open);
  await page.getByRole("combobox", { name: "Add a song" }).waitFor();
  await expect.poll(() => page.evaluate(() => document.activeElement?.getAttribute("role"))).toBe("combobox");
  for (const [i, { title }] of songs.entries()) {
    await page.keyboard.type(title);
    await page.getByRole("option", { name: title }).first().waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await expect.poll(() => playlist(page).count()).toBe(i + 1);
  }
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
  for (let i = 0; i < 10 && !(await focused()).startsWith("Remove:"); i++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect.poll(() => playlist(page).count()).toBe(songs.length - 1);
});

inBrowser("songs are pasted, and opened from a file; unknown ones are named and removed", async () => {
  const page = await open(services.open);
  await page.getByText("Paste or open a list").click();
  const [first, ...others] = songs;
  const lines = [`${first?.artist} - ${first?.title.toUpperCase()}`, ...others.map(({ songId }) => songId)];
  await page.getByRole("textbox", { name: "Songs" }).fill(lines.join("\n"));
  await page.getByRole("button", { name: "Add", exact: true }).first().click();
  await expect.poll(() => playlist(page).locator(".title").allTextContents()).toEqual(songs.map(({ title }) => title));
  const rows = ["Category,master_number", ...songs.map(({ songId }) => `1,${songId}`), "1,never-heard"];
  const file = { name: "list.csv", mimeType: "text/csv", buffer: Buffer.from(rows.join("\n")) };
  await page.locator("input[type=file]").setInputFiles(file);
  await expect.poll(() => playlist(page).count()).toBe(2 * songs.length + 1);
  await results(page).getByText("1 song is unknown to this model: never-heard").waitFor();
  await results(page).getByRole("button", { name: "Remove unknown songs" }).click();
  await expect.poll(() => playlist(page).count()).toBe(2 * songs.length);
});

inBrowser("each option changes the list and stands in the address; so do filters and listeners", async () => {
  const page = await open(services.open, query());
  await expect.poll(() => results(page).locator("ol.list > li").count()).toBe(10);
  const options = page.locator("details", { hasText: "Options" }).first();
  const steps: [string, () => Promise<unknown>][] = [
    ["strategy=similarity", () => options.getByLabel("Method").selectOption("similarity")],
    ["strategy=playlists", () => options.getByLabel("Method").selectOption("playlists")],
    ["repeats=allow", () => options.getByLabel("Recommend songs of the playlist again").check()],
    ["versions=one", () => options.getByLabel("One version of each song").check()],
    ["diversity=0.7", () => options.getByLabel("Diversity").fill("0.7")],
    ["popularity=-0.8", () => options.getByLabel("Popularity").fill("-0.8")],
    [
      "maxPerArtist=1",
      () =>
        options
          .getByLabel("Songs per artist")
          .fill("1")
          .then(() => page.keyboard.press("Tab")),
    ],
  ];
  for (const [address, change] of steps) {
    const answered = page.waitForResponse((response) => response.url().endsWith("/v1/recommendations"));
    await change();
    expect((await answered).status(), address).toBe(200);
    await expect.poll(() => page.url()).toContain(address);
  }

  await options.getByRole("button", { name: "Default options" }).click();
  await expect.poll(() => page.url()).toBe(`${services.open.origin}/${query()}`);
  const artist = songs[0]?.artist ?? "";
  await page.getByRole("group", { name: "Filter" }).getByRole("button", { name: "Add" }).click();
  await page.getByLabel("Values").fill(artist);
  await page.keyboard.press("Enter");
  await expect
    .poll(async () => new Set(await results(page).locator(".artist").allTextContents()).size)
    .toBeGreaterThan(0);
  await expect
    .poll(async () =>
      (await results(page).locator(".artist").allTextContents()).every((text) => text.startsWith(artist)),
    )
    .toBe(true);
  await page.getByRole("button", { name: "Add a listener" }).click();
  await page.getByRole("region", { name: "Listener 2" }).waitFor();
  await page.getByLabel("For several listeners").selectOption("leastMisery");
  await expect.poll(() => page.url()).toContain("aggregation=leastMisery");
});
