import { text } from "node:stream/consumers";
import { describe, expect } from "vitest";
import { settled } from "./chromium.ts";
import { inBrowser, services, useBrowser } from "./page.ts";
import { call, keys } from "./services.ts";

const open = useBrowser();
const forms = [["without keys"], ["with keys"]];

describe.each(forms)("%s", (form) => {
  const service = form === "with keys" ? services.keyed : services.open;
  const active = async () => (await call(service, "v1/status")).model.version;

  inBrowser("a retrain is started and watched to its end, then rolled back", async () => {
    const before = await active();
    const page = await open(service, "training");
    await page.getByLabel("When to activate the new version").selectOption("always");
    await page.locator("summary", { hasText: "Hyperparameters" }).click();
    await page.getByLabel(/^Epochs epochs/).fill("2");
    await page.getByRole("button", { name: "Start training" }).click();
    await page.getByRole("progressbar").first().waitFor();
    await page.getByText(/Model \d+ is trained and active/).waitFor({ timeout: 60_000 });
    const trained = await active();
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
    expect(await active()).toBe(trained - 1);
  });

  inBrowser("a version has its figures, what changed since another one, and is downloaded with the key", async () => {
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
});

inBrowser("what the service refuses stands at its field", async () => {
  const page = await open(services.open, "training", { expected: [400] });
  await page.locator("summary", { hasText: "Hyperparameters" }).click();
  const epochs = page.getByLabel(/^Epochs epochs/);
  await epochs.fill("-1");
  await page.getByRole("button", { name: "Start training" }).click();
  await page.getByRole("alert").waitFor();
  expect(await epochs.getAttribute("aria-invalid")).toBe("true");
});

inBrowser.each([
  ["reader", { train: false, add: false, rollBack: false }],
  ["writer", { train: false, add: true, rollBack: false }],
  ["admin", { train: true, add: true, rollBack: true }],
] as const)("a %s sees only what this role may do", async (role, may) => {
  const page = await open(services.keyed, "song", { key: keys[role] });
  const shows = async (view: string, content: string) => {
    await page.getByRole("navigation").getByRole("link", { name: view }).click();
    await settled(page);
    return (await page.getByText(content).count()) > 0;
  };
  expect(await shows("Status", `${role}: may`)).toBe(true);
  expect({
    add: await shows("Songs", "Add a cold-start song"),
    train: await shows("Training", "Start training"),
    rollBack: await shows("Models", "Roll back to model"),
  }).toEqual(may);
});
