/**
 * Every random number in the project comes from here.
 *
 * A generator is a value with one integer of state, so a checkpoint can hold it
 * and a resumed run draws exactly the numbers the first run would have drawn.
 *
 * Algorithm: mulberry32 (T. Ettinger, public domain). Fast, not for cryptography.
 */

/** A generator of random numbers. */
export interface Random {
  /** Next number, uniform in [0, 1). */
  next(): number;

  /** Enough to continue from here: pass it back to `seededRandom`. */
  readonly state: number;
}

/** Seeds are whole numbers from 0 to below this; a count that goes beyond begins at 0 again. */
export const SEEDS: number = 2 ** 32;

/**
 * Random numbers that are the same for the same seed.
 *
 * @param seed A whole number from 0 to 2^32 - 1, or the `state` of another to continue from there.
 * @example
 * const random = seededRandom(7);
 * console.log(random.next()); // in [0, 1)
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    get state() {
      return state;
    },
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
  };
}

/** Uniform in [low, high). */
export function uniform(random: Random, low: number, high: number): number {
  return low + (high - low) * random.next();
}

/** A whole number, uniform in [0, count). */
export function below(random: Random, count: number): number {
  return Math.floor(random.next() * count);
}

/** Standard normal numbers, by Box and Muller; two uniform numbers go into each pair. */
export function fillNormal(random: Random, out: Float32Array): Float32Array {
  for (let i = 0; i < out.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - random.next()));
    const angle = 2 * Math.PI * random.next();
    out[i] = radius * Math.cos(angle);
    if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/** A new array in random order (Fisher and Yates). */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = below(random, i + 1);
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}
