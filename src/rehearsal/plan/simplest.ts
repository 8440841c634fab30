/**
 * Chooses among the splits that fit: the simplest of those that are about as fast as the fastest.
 * Estimates cannot resolve 2 %, and a smaller gain does not justify a split.
 */

import type { Recompute, Setup } from "./setup.ts";

/** As fast as the fastest: up to this times its time. */
const ALIKE = 1.02;

interface Candidate {
  readonly setup: Setup;
  readonly seconds: number;
}

/** Of all that is offered, the fastest of each degree of complexity. */
export class SimplestOfTheFast {
  readonly #kept = new Map<number, Candidate>();
  #leastSeconds = Number.POSITIVE_INFINITY;

  /** @param seconds Time per sequence. The setup is copied where it is kept. */
  offer(setup: Setup, seconds: number): void {
    if (seconds > ALIKE * this.#leastSeconds) return;
    this.#leastSeconds = Math.min(this.#leastSeconds, seconds);
    const key = complexity(setup);
    const kept = this.#kept.get(key);
    // Of equals, the first.
    if (kept !== undefined && seconds >= 0.9999 * kept.seconds) return;
    this.#kept.set(key, { setup: { ...setup }, seconds });
  }

  setup(): Setup | undefined {
    let best: Candidate | undefined;
    for (const candidate of this.#kept.values()) {
      if (candidate.seconds > ALIKE * this.#leastSeconds) continue;
      if (best === undefined || complexity(candidate.setup) < complexity(best.setup)) {
        best = candidate;
      }
    }
    return best?.setup;
  }
}

/**
 * More accelerators per replica first, then more chunks per stage, then weights split as well. To
 * compute things again, a little or all of it, is as much of a burden as twice the accelerators.
 */
function complexity(setup: Setup): number {
  const { tensorParallel, pipelineParallel, contextParallel, interleave, sharding } = setup;
  const replica = tensorParallel * pipelineParallel * contextParallel * BURDEN[setup.recompute];
  return replica * 1000 + interleave * 10 + (sharding === "full" ? 1 : 0);
}

const BURDEN: { readonly [K in Recompute]: number } = { none: 1, selective: 2, full: 4 };
