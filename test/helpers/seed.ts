/** `SEED=7 npx vitest run <file>` draws again what the random tests of a failed run drew: they print their seed. */
const seed = process.env["SEED"];
if (seed !== undefined) {
  const { default: fc } = await import("fast-check");
  fc.configureGlobal({ seed: Number(seed) });
}
export {};
