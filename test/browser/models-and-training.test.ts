import { text } from "node:stream/consumers";
import { expect } from "vitest";
import { settled } from "./chromium.ts";
import { inBrowser, onBoth, services, open } from "./page.ts";
import { startProxy } from "./proxy.ts";
import { call, type SharedService } from "./services.ts";

const activeOf = async (service: SharedService) => (await call(service, "v1/status")).model.version;

inBrowser("a training is watched to its end and rolled back; one is cancelled, as is a tuning", async () => {
  const [first, second] = [services.keyed, services.open];
  await Promise.all([trainAndRollBack(first), cancelTraining(second).then(() => tune(second))]);
});

/** Starts a training, watches it to its end, and rolls back. */
async function trainAndRollBack(service: SharedService): Promise<void> {
  const before = await activeOf(service);
  const page = await open(service, "training");
  await page.getByLabel("When to activate the new version").selectOption("always");
  await page.locator("summary", { hasText: "Hyperparameters" }).click();
  await page.getByLabel(/^Epochs epochs/).fill("2");
  await page.getByRole("button", { name: "Start training" }).click();
  await page.getByRole("progressbar").first().waitFor();
  await page.getByText(/Model \d+ is trained and active/).waitFor({ timeout: 60_000 });
  const trained = await activeOf(service);
  expect(trained).toBeGreaterThan(before);
  await page.reload(); // the job is in the address
  await page.getByText(`Model ${trained} is trained and active`).waitFor();

  await page.getByRole("link", { name: "Models" }).click();
  await page.getByRole("button", { name: /^Roll back to model/ }).click();
  await page
    .getByRole("dialog")
    .getByRole("button", { name: /^Roll back to model/ })
    .click();
  await page.getByText(/^Model \d+ is active now\.$/).waitFor();
  expect(await activeOf(service)).toBe(trained - 1);
}

/** Starts a training at the second try, loses the connection, comes back, and cancels it. */
async function cancelTraining(service: SharedService): Promise<void> {
  const { origin, cut } = await startProxy(service.origin);
  const broken = ["ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET"];
  const page = await open({ ...service, origin }, "training", { expected: ["400", ...broken] });
  await page.locator("summary", { hasText: "Hyperparameters" }).click();
  const epochs = page.getByLabel(/^Epochs epochs/);
  await epochs.fill("-1");
  await page.getByRole("button", { name: "Start training" }).click();
  await page.getByRole("alert").waitFor();
  expect(await epochs.getAttribute("aria-invalid")).toBe("true"); // what is refused stands at its field
  await epochs.fill("10000");
  await page.getByRole("button", { name: "Start training" }).click();
  const epoch = page.getByText(/epoch \d+ of 10,000/);
  await epoch.waitFor({ timeout: 60_000 });
  cut();
  await page.getByText("The connection was lost. Connecting again.").waitFor();
  const before = await epoch.textContent();
  await page.getByText("The connection was lost. Connecting again.").waitFor({ state: "detached" });
  await expect.poll(() => epoch.textContent()).not.toBe(before);
  await page.getByRole("button", { name: "Cancel training" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel training" }).click();
  await page.getByText("This job was cancelled").waitFor();
}

/** Starts a tuning, and cancels it after its first trial. */
async function tune(service: SharedService): Promise<void> {
  const page = await open(service, "training?tab=tuning");
  await page.getByLabel("Trials in the first round").fill("2");
  await page.getByRole("button", { name: "Start tuning" }).click();
  const rows = page.getByRole("region", { name: "Trials" }).locator("tbody tr");
  await expect.poll(() => rows.count(), { timeout: 60_000 }).toBeGreaterThan(0);
  expect(await rows.first().textContent()).toMatch(/0\.\d+/);
  await page.getByRole("button", { name: "Cancel tuning" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel tuning" }).click();
  await page.getByText("This job was cancelled").waitFor();
}

onBoth("a version has its figures, what changed since another one, and is downloaded with the key", async (service) => {
  const page = await open(service, "models?version=2");
  await page.getByRole("heading", { name: "Model 2" }).waitFor();
  await page.getByLabel("Compared with").or(page.locator(".model-other select")).first().selectOption("1");
  await expect.poll(() => page.url()).toContain("other=1");
  await settled(page);
  await page.locator("summary", { hasText: "Download" }).click();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download: word2vec-vocabulary" }).click(),
  ]);
  expect((await text(await download.createReadStream())).split("\n").length).toBeGreaterThan(100);
});
