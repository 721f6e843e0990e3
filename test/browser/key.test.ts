import { expect } from "vitest";
import { settled } from "./chromium.ts";
import { inBrowser, open, services } from "./page.ts";
import { keys } from "./services.ts";

/** What a role sees: the text of the view. */
const permitted = {
  reader: { train: false, add: false, rollBack: false },
  writer: { train: false, add: true, rollBack: false },
  admin: { train: true, add: true, rollBack: true },
};

inBrowser("a key is asked for once, a wrong one is refused; each role sees only what it may do", async () => {
  const page = await open(services.keyed, "status", { key: "", expected: ["401"] });
  const field = page.getByLabel("Key", { exact: true });
  const stored = () => page.evaluate(() => [Object.values(sessionStorage), localStorage.length, document.cookie]);
  await field.fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByText("The service does not know this key.").waitFor();

  for (const role of ["reader", "writer", "admin"] as const) {
    const shows = async (view: string, content: string, isExpected: boolean) => {
      await page.getByRole("navigation").getByRole("link", { name: view }).click();
      await page.getByRole("heading", { level: 1, name: view }).waitFor();
      await settled(page);
      const found = page.getByText(content).first();
      if (isExpected) await found.waitFor();
      expect(await found.isVisible(), `${role}: ${content}`).toBe(isExpected);
    };
    await field.fill(keys[role]);
    await page.keyboard.press("Enter");
    await field.waitFor({ state: "detached" });
    await shows("Songs", "Add a cold-start song", permitted[role].add);
    await shows("Training", "Start training", permitted[role].train);
    await shows("Models", "Roll back to model", permitted[role].rollBack);
    await shows("Status", `${role}: may`, true);
    expect(await stored()).toEqual([[keys[role]], 0, ""]);
    await page.reload();
    await settled(page);
    expect(await field.count()).toBe(0);
    await page.getByRole("button", { name: "Forget the key" }).click();
    expect(await stored()).toEqual([[], 0, ""]);
  }
});
