/**
 * Paths that hold a sound, or let it drift, and come back to where they began.
 *
 * As ../steady-path.ts without its attack: the resting places lie on a ring, and the movement around
 * them is the same process driven round and round by the same noise, until it repeats itself.
 */

import { below, fillNormal, type Random } from "../../../random.ts";
import { drawGesture, type GestureCorpus, newGesture } from "../gesture-path.ts";
import { distance, heldPart, longestOf, type Rest, restOf, smooth } from "../steady-path.ts";

export interface RingOptions {
  /** Latent vectors of a round. */
  readonly length: number;
  readonly latentsPerSecond: number;
  /** 0 holds one moment, 1 moves as much as the recordings. */
  readonly evolution: number;
  /** Whether it drifts from sound to sound and back, or stays with one. */
  readonly drifts: boolean;
  readonly random: Random;
}

/** Seconds from one resting place to the next, at evolution 1. */
const STAY_SECONDS = 2;
/** The next resting place is one of the nearest of this many. */
const CANDIDATES = 8;
/** Rounds after which even the slowest movement repeats itself to a millionth. */
const ROUNDS = 12;

/** @returns Shape [length, size]; the last row leads into the first as any other into the next. */
export function ringPath(corpus: GestureCorpus, options: RingOptions): Float32Array {
  const { length, evolution, random } = options;
  const { size } = corpus;
  const rests = restsOnRing(corpus, options);
  const stay = length / rests.length;
  const places = Array.from({ length }, (_, t) => {
    const at = Math.floor(t / stay);
    const from = rests[Math.min(at, rests.length - 1)]!;
    const to = rests[(at + 1) % rests.length]!;
    const share = rests.length === 1 ? 0 : smooth(t / stay - at);
    return { from, to, share, near: share < 0.5 ? from : to };
  });
  const pushes = places.map(({ near }) => pushOf(near, size, random));
  const path = new Float32Array(length * size);
  const moved = new Float32Array(size);
  for (let step = 0; step < ROUNDS * length; step += 1) {
    const t = step % length;
    const { from, to, share, near } = places[t]!;
    for (let i = 0; i < size; i += 1) {
      moved[i] = near.memory * moved[i]! + pushes[t]![i]!;
      const rest = from.mean[i]! + share * (to.mean[i]! - from.mean[i]!);
      path[t * size + i] = rest + evolution * moved[i]!;
    }
  }
  return path;
}

/** What one step adds to the decayed deviation: as much as keeps the covariance. */
function pushOf({ deviations, memory }: Rest, size: number, random: Random): Float32Array {
  const count = deviations.length / size;
  const shares = fillNormal(random, new Float32Array(count));
  const fresh = Math.sqrt((1 - memory * memory) / count);
  const push = new Float32Array(size);
  for (let i = 0; i < size; i += 1) {
    let sum = 0;
    for (let k = 0; k < count; k += 1) sum += shares[k]! * deviations[k * size + i]!;
    push[i] = fresh * sum;
  }
  return push;
}

function restsOnRing(
  corpus: GestureCorpus,
  { length, latentsPerSecond, evolution, drifts, random }: RingOptions,
): Rest[] {
  const seconds = length / latentsPerSecond;
  const count = drifts ? Math.max(1, Math.round((seconds / STAY_SECONDS) * evolution)) + 1 : 1;
  const rests: Rest[] = [restNear(corpus, { random, tries: 3 })];
  while (rests.length < count) {
    const candidates = Array.from({ length: CANDIDATES }, () =>
      restNear(corpus, { random, tries: 2 }),
    );
    const last = rests.at(-1)!.mean;
    candidates.sort((a, b) => distance(a.mean, last) - distance(b.mean, last));
    rests.push(candidates[below(random, 3)]!);
  }
  return rests;
}

/** The held part of the longest of some gestures. */
function restNear(
  corpus: GestureCorpus,
  { random, tries }: { readonly random: Random; readonly tries: number },
): Rest {
  const lead = longestOf(Array.from({ length: tries }, () => drawGesture(corpus, random)));
  const { path } = newGesture(corpus, lead, random);
  return restOf(heldPart(path, lead, corpus.size), corpus);
}
