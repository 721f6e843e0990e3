/** `SEED=7 npx vitest run <file>` repeats a failed run of random tests, which print their seed. */
const seed = process.env["SEED"];
if (seed !== undefined) {
  const { default: fc } = await import("fast-check");
  fc.configureGlobal({ seed: Number(seed) });
}
export {};
