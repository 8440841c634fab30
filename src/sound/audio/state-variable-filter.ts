/**
 * A second-order filter whose frequency may change at every sample without clicks.
 *
 * Source: V. Zavalishin, "The Art of VA Filter Design", 2018, section 4 (trapezoidal integrators).
 */

/** The three outputs for one input sample. At resonance 0.7, `low` is a Butterworth low-pass. */
export interface FilterOutputs {
  readonly low: number;
  /** Peak gain 1 at the centre, whatever the resonance. */
  readonly band: number;
  readonly high: number;
}

/** @param hz Cut-off or centre, clamped to [5 Hz, 0.49 of the sample rate]. */
export type FilterStep = (input: number, hz: number, resonance: number) => FilterOutputs;

export function createFilter(sampleRateHz: number): FilterStep {
  let first = 0;
  let second = 0;
  return (input, hz, resonance) => {
    const clamped = Math.min(0.49 * sampleRateHz, Math.max(5, hz));
    const g = Math.tan((Math.PI * clamped) / sampleRateHz);
    const damping = 1 / resonance;
    const high = (input - (damping + g) * first - second) / (1 + g * (g + damping));
    const band = first + g * high;
    const low = second + g * band;
    first = band + g * high;
    second = low + g * band;
    return { low, band: band * damping, high };
  };
}
