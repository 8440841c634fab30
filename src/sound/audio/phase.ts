/** Reconstructs phase: magnitudes -> sound, by PGHI and then Griffin-Lim. */

import type { Random } from "../../random.ts";
import { guessBelowFloor } from "./below-floor.ts";
import { griffinLim } from "./griffin-lim.ts";
import type { PackedPlan } from "./packed-fourier.ts";
import { phasesFromMagnitudes } from "./pghi.ts";
import { defaultStft, type Spectrogram, type StftShape } from "./spectrogram.ts";

/** How phases are found. */
export interface PhaseOptions {
  /** Samples of the sound wanted. */
  readonly length: number;
  /** Draws the phases of bins too quiet to have a slope. */
  readonly random: Random;
  /** @default defaultStft */
  readonly shape?: StftShape;
  /** Steps of fast Griffin-Lim after PGHI. @default 32 */
  readonly iterations?: number;
  /** Momentum of Griffin-Lim; more steps allow more: 0.95 for 32, 0.98 for 64. @default 0.95 */
  readonly momentum?: number;
  /**
   * Magnitudes not above this are upper bounds only: the true ones are estimated.
   * @default 0: all magnitudes are meant
   */
  readonly floorMagnitude?: number;
  /**
   * Phases that are known, in radians, shape [frameCount, binCount]; NaN where they are not.
   * @default none are
   */
  readonly knownPhases?: Float32Array;
  /** Transforms of `shape.frameLength` samples; `fastPlan` gives quicker ones. @default our own */
  readonly plan?: PackedPlan;
  /** Called now and then while Griffin-Lim works. */
  onStep?(done: number, total: number): void;
}

/** How much work goes into the phase; docs/log.md has what each reaches. */
export const phaseQualities = {
  sketch: { iterations: 1, momentum: 0.95 },
  draft: { iterations: 8, momentum: 0.95 },
  normal: { iterations: 16, momentum: 0.95 },
  final: { iterations: 64, momentum: 0.98 },
} as const;

export type PhaseQuality = keyof typeof phaseQualities;

/**
 * Mono samples, shape [length], whose magnitudes come near `magnitudes` (linear, as `magnitudes()`
 * gives them). The same input and random state give the same samples.
 *
 * @throws RangeError if the bins do not belong to the shape.
 */
export function soundFromMagnitudes(magnitudes: Spectrogram, options: PhaseOptions): Float32Array {
  const { length, random, shape = defaultStft, iterations = 32 } = options;
  const { floorMagnitude = 0, momentum, knownPhases, plan, onStep } = options;
  const wanted = floorMagnitude > 0 ? guessBelowFloor(magnitudes, floorMagnitude) : magnitudes;
  const phases = phasesFromMagnitudes(wanted, { shape, random });
  if (knownPhases !== undefined) {
    for (let i = 0; i < phases.length; i += 1) {
      if (!Number.isNaN(knownPhases[i]!)) phases[i] = knownPhases[i]!;
    }
  }
  return griffinLim(wanted, {
    shape,
    length,
    phases,
    iterations,
    ...(momentum === undefined ? {} : { momentum }),
    ...(plan === undefined ? {} : { plan }),
    ...(onStep === undefined ? {} : { onStep }),
  });
}
