import { setFlagsFromString } from "node:v8";

/**
 * Switches on V8's revectorizer, which turns pairs of 128-bit instructions into 256-bit ones, for what this process
 * compiles from now on, and compiles kernels with the optimizing compiler at once, so that a self-test tests the code
 * that trains. An experimental flag: where V8 no longer has it, or the processor has no AVX2, the kernel made for it
 * runs slowly, and loses the race against the others.
 */
export function enableRevectorizer(): void {
  setFlagsFromString("--experimental-wasm-revectorize");
  setFlagsFromString("--no-liftoff");
}
