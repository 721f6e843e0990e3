import { expect } from "vitest";
import { settled } from "./chromium.ts";
import { inBrowser, services, open } from "./page.ts";
import { keys } from "./services.ts";

const expected = ["401"];

inBrowser("asks for a key once, refuses a wrong one, and keeps the right one in sessionStorage", async () => {
  const page = await open(services.keyed, "status", { key: "", expected });
  const field = page.getByLabel("Key", { exact: true });
  await field.fill("wrong");
  await page.keyboard.press("Enter");
  await page.getByText("The service does not know this key.").waitFor();
  await field.fill(keys.reader);
  await page.keyboard.press("Enter");
  await field.waitFor({ state: "detached" });
  await settled(page);
  await page.reload();
  await settled(page);
  expect(await field.count()).toBe(0);
  expect(await page.evaluate(() => [Object.values(sessionStorage), localStorage.length, document.cookie])).toEqual([
    [keys.reader],
    0,
    "",
  ]);
});
