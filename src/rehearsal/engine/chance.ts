/**
 * Chance in a simulated run, all of it from one seed.
 *
 * Two kinds. Streams are named, so that a new draw in one never moves another. Fixed draws belong
 * to a place (a GPU, a step) and need no memory: asked again, they give the same, which is how a
 * step that is done again after a restart sees the same batch.
 */

import { type Random, seededRandom } from "../../random.ts";
import { ln } from "./portable-math.ts";

/** A stream of its own for each name. */
export function streamOf(seed: number, name: string): Random {
  let state = seed >>> 0;
  for (const letter of name) state = mixed(state, letter.codePointAt(0) ?? 0);
  return seededRandom(state);
}

/** Uniform in [0, 1), always the same for the same place. */
export function fixedShare(seed: number, place: number, which = 0): number {
  return mixed(mixed(seed >>> 0, place), which) / 2 ** 32;
}

/** Normal with mean 0 and deviation 1, cut at 3.5; always the same for the same place. */
export function fixedNormal(seed: number, place: number, which = 0): number {
  // Four uniform numbers: near enough to normal, and no logarithm a million times over.
  const first = mixed(mixed(seed >>> 0, place), which);
  const second = mixed(first, 0x51ed27);
  const sum = (first & 0xffff) + (first >>> 16) + (second & 0xffff) + (second >>> 16);
  return (sum / 65536 - 2) * 1.7320508075688772;
}

/**
 * A value that wanders: normal at whole times, and straight lines between them.
 *
 * @param time In periods of the wandering.
 */
export function wander(seed: number, place: number, time: number): number {
  const before = Math.floor(time);
  const share = time - before;
  const from = fixedNormal(seed, place, before);
  return from + (fixedNormal(seed, place, before + 1) - from) * share;
}

/** Normal with mean 0 and deviation 1, by the polar method of Marsaglia. */
export function normal(random: Random): number {
  for (;;) {
    const x = 2 * random.next() - 1;
    const y = 2 * random.next() - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * ln(square)) / square);
  }
}

/** Waiting time of a Poisson process, in units of its mean. */
export function waiting(random: Random): number {
  return -ln(1 - random.next());
}

/** @throws RangeError if there is nothing to pick from. */
export function pick<T>(random: Random, items: readonly T[]): T {
  const picked = items[Math.floor(random.next() * items.length)];
  if (picked === undefined) throw new RangeError("Cannot pick: found no items, need at least one");
  return picked;
}

/** An item with a chance in proportion to its weight. */
export function shuffled<T>(random: Random, items: readonly T[]): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random.next() * (i + 1));
    [order[i], order[j]] = [order[j] as T, order[i] as T];
  }
  return order;
}

export function pickWeighted<T extends { readonly weight: number }>(
  random: Random,
  items: readonly T[],
): T {
  let left = random.next() * items.reduce((sum, { weight }) => sum + weight, 0);
  const found = items.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  return found ?? pick(random, items);
}

/** A good mix of two whole numbers, 32 bits (the finaliser of MurmurHash3, public domain). */
function mixed(state: number, value: number): number {
  let hash = Math.imul(state ^ (value | 0), 0x9e3779b1) ^ Math.imul(value | 0, 0x85ebca77);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
