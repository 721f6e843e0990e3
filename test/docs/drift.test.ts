import { expect, it } from "vitest";
import { generatePages } from "../../docs/generate.ts";

it("the generated tables of the reference pages are those of the code; `npm run docs` writes them", async () => {
  for (const { path, current, generated } of await generatePages()) expect(current, path).toBe(generated);
});
