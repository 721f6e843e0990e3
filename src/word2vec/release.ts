/**
 * Frees the memory of arrays immediately, without waiting for the garbage collector; the arrays are empty afterwards.
 * Has no effect on shared memory.
 */
export function release(...arrays: readonly (Uint32Array | Float64Array)[]): void {
  for (const { buffer } of arrays) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
