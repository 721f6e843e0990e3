import { expect } from "vitest";
import { onBoth, popularSongs, open } from "./page.ts";
import { call } from "./services.ts";

onBoth(
  "a song has its nearest songs in two versions and a bridge; a cold-start song like it is added and removed",
  async (service) => {
    const [first, second] = await popularSongs(service);
    const page = await open(service, "song", { expected: ["404", "409"] });
    await page.getByRole("combobox", { name: "Find a song" }).fill(first?.title ?? "");
    await page.getByRole("listbox").getByRole("option").first().click();
    await page.getByRole("heading", { level: 1, name: first?.title ?? "" }).waitFor();
    const nearest = page.getByRole("region", { name: "Nearest songs" });
    await expect.poll(() => nearest.locator("ol > li").count()).toBe(10);
    await nearest.getByRole("button", { name: "Compare with another model" }).click();
    await expect.poll(() => nearest.locator("ol > li").count()).toBe(20);
    await page.getByRole("combobox", { name: "Other song", exact: true }).fill(second?.title ?? "");
    await page.getByRole("listbox").getByRole("option").first().click();
    const bridge = page.getByRole("region", { name: "Bridge to another song" });
    await expect.poll(() => bridge.locator("ol > li").count()).toBe(7);
    expect(page.url()).toMatch(/to=.+/);

    await page.locator("summary", { hasText: "Add a cold-start song" }).click();
    const id = "a new one";
    await page.getByLabel("Song id").fill(id);
    await page.getByLabel("Title (optional)").fill("A new song");
    await page.getByRole("button", { name: "Add the song" }).click();
    await page.getByRole("heading", { level: 1, name: "A new song" }).waitFor();
    expect((await call(service, `v1/songs/${encodeURIComponent(id)}`)).provisional).toBe(true);
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove", exact: true }).click();
    await expect
      .poll(async () => (await call(service, `v1/songs/${encodeURIComponent(id)}`)).code)
      .toBe("SONG_NOT_FOUND");
  },
);
