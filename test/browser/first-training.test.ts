import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { inBrowser, open } from "./page.ts";
import { dataFiles, shortTraining, startConsole } from "./services.ts";

inBrowser("while the first model trains the page shows the progress, then the first steps", async () => {
  const folder = await mkdtemp(join(tmpdir(), "song2vec-first-"));
  const files = await dataFiles(folder);
  const HYPERPARAMETERS = JSON.stringify({ ...shortTraining, holdOut: 0 });
  const service = await startConsole({ ...files, DATA_DIR: join(folder, "data"), HYPERPARAMETERS }, /Server listening/);
  onTestFinished(async () => {
    await service.end();
    await rm(folder, { recursive: true, force: true });
  });
  const page = await open({ origin: service.origin, key: "" });
  const progress = page.getByRole("progressbar", { name: "The first model is training" });
  await progress.waitFor();
  expect(Number(await progress.getAttribute("aria-valuenow"))).toBeGreaterThanOrEqual(0);
  await page.getByRole("button", { name: "Fill with an example" }).click({ timeout: 60_000 });
  await expect.poll(() => page.getByRole("region", { name: "Playlist" }).locator("ol > li").count()).toBe(3);
});
