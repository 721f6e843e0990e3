/** A growable list of unsigned 32-bit integers. */
export class IntegerList {
  length = 0;
  #values = new Uint32Array(1024);

  push(value: number): void {
    if (this.length === this.#values.length)
      this.#values = new Uint32Array(this.#values.buffer.transfer(this.#values.byteLength * 2));
    this.#values[this.length++] = value;
  }

  /** @returns a view of the values that the next `push` may detach */
  values(): Uint32Array {
    return this.#values.subarray(0, this.length);
  }
}
