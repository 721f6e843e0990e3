import { setFlagsFromString } from "node:v8";

/**
 * Enables V8's revectorizer, which turns pairs of 128-bit instructions into 256-bit ones, for modules compiled from now
 * on. Also disables the baseline compiler, so that the self-test runs the code that trains. The flag is experimental:
 * if V8 drops it, or the processor has no AVX2, the kernel made for it is slow and loses the speed comparison.
 */
export function enableRevectorizer(): void {
  setFlagsFromString("--experimental-wasm-revectorize");
  setFlagsFromString("--no-liftoff");
}
