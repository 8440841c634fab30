/** Writes bits into bytes, the highest bit of each byte first. */
export class BitWriter {
  #bytes = new Uint8Array(2 ** 14);
  #length = 0;
  /** Bits that do not fill a byte yet, at the bottom. */
  #pending = 0;
  #pendingCount = 0;

  /** @param count 0 to 40 bits; of a negative value, its two's complement. */
  put(value: number, count: number): void {
    if (count > CHUNK_BITS) {
      const scale = 2 ** CHUNK_BITS;
      const high = Math.floor(value / scale);
      this.put(high, count - CHUNK_BITS);
      this.#short(value - high * scale, CHUNK_BITS);
    } else {
      this.#short(value & (2 ** count - 1), count);
    }
  }

  /** So many zeros, and a one. */
  unary(zeros: number): void {
    let left = zeros;
    for (; left >= CHUNK_BITS; left -= CHUNK_BITS) this.#short(0, CHUNK_BITS);
    this.#short(1, left + 1);
  }

  /** Zeros up to the next whole byte. */
  align(): void {
    if (this.#pendingCount > 0) this.#short(0, 8 - this.#pendingCount);
  }

  /** The whole bytes so far; valid until more is written. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    this.#pending = 0;
    this.#pendingCount = 0;
  }

  /** At most 24 bits, so that with 7 pending ones they fit into 31. */
  #short(value: number, count: number): void {
    this.#pending = (this.#pending << count) | value;
    this.#pendingCount += count;
    while (this.#pendingCount >= 8) {
      this.#pendingCount -= 8;
      if (this.#length === this.#bytes.length) this.#grow();
      this.#bytes[this.#length] = this.#pending >>> this.#pendingCount;
      this.#length += 1;
    }
    this.#pending &= 2 ** this.#pendingCount - 1;
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.#bytes.length);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

const CHUNK_BITS = 23;
