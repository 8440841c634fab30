/** Reads bits from bytes, the highest bit of each byte first. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #byte: number;
  #bit = 0;

  /** @param startByte Where reading begins. */
  constructor(bytes: Uint8Array, startByte = 0) {
    this.#bytes = bytes;
    this.#byte = startByte;
  }

  /** The first byte of which nothing was read. */
  get nextByte(): number {
    return this.#byte + (this.#bit > 0 ? 1 : 0);
  }

  /** True once bits were read that are not there; they read as zeros. */
  get isPastEnd(): boolean {
    return this.nextByte > this.#bytes.length;
  }

  /** @param count 0 to 40 bits. */
  unsigned(count: number): number {
    if (count <= WINDOW_BITS) return this.#short(count);
    const high = this.unsigned(count - WINDOW_BITS);
    return high * 2 ** WINDOW_BITS + this.#short(WINDOW_BITS);
  }

  /** Two's complement. @param count 1 to 40 bits. */
  signed(count: number): number {
    const value = this.unsigned(count);
    return value >= 2 ** (count - 1) ? value - 2 ** count : value;
  }

  /** Counts the zeros before the next one, and passes over that one too. */
  unary(): number {
    let count = 0;
    for (;;) {
      const window = this.#window();
      if (window !== 0) {
        const zeros = Math.clz32(window);
        this.#advance(zeros + 1);
        return count + zeros;
      }
      const seen = 32 - this.#bit;
      count += seen;
      this.#advance(seen);
      if (this.isPastEnd) return count;
    }
  }

  /** The next 25 bits at least, at the top of 32. */
  #window(): number {
    const bytes = this.#bytes;
    const at = this.#byte;
    const word =
      (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    return word << this.#bit;
  }

  #short(count: number): number {
    if (count === 0) return 0;
    const value = this.#window() >>> (32 - count);
    this.#advance(count);
    return value;
  }

  #advance(count: number): void {
    const bits = this.#bit + count;
    this.#byte += bits >> 3;
    this.#bit = bits & 7;
  }
}

const WINDOW_BITS = 25;
