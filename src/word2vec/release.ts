/**
 * Gives the memory of arrays back at once, since garbage may lie there for long where a process has much; the arrays
 * are empty afterwards. Of no effect on shared memory.
 */
export function release(...arrays: readonly (Uint32Array | Float64Array)[]): void {
  for (const { buffer } of arrays) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
