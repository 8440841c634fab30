/** A frame with its magnitudes fixed and its phases still open. */

import { TINY_POWER } from "../frame-loops.ts";

export interface HeldFrame {
  /** Shape [binCount]. */
  readonly magnitudes: Float32Array;
  /** Its spectrum as `PackedPlan` packs it, shape [frameLength]. */
  readonly packed: Float32Array;
  /** Starts anew. Both shapes [binCount], phases in radians. */
  take(magnitudes: Float32Array, phases: Float32Array): void;
  /** Writes the phases that it has now, shape [binCount]. */
  phasesInto(phases: Float32Array): void;
}

export function heldFrame(frameLength: number): HeldFrame {
  const half = frameLength / 2;
  const magnitudes = new Float32Array(half + 1);
  const packed = new Float32Array(frameLength);
  return {
    magnitudes,
    packed,
    take: (wanted, phases) => {
      magnitudes.set(wanted);
      // The first and the last bin are real.
      packed[0] = wanted[0]! * Math.cos(phases[0]!);
      packed[1] = wanted[half]! * Math.cos(phases[half]!);
      for (let bin = 1; bin < half; bin += 1) {
        packed[2 * bin] = wanted[bin]! * Math.cos(phases[bin]!);
        packed[2 * bin + 1] = wanted[bin]! * Math.sin(phases[bin]!);
      }
    },
    phasesInto: (phases) => {
      phases[0] = packed[0]! < 0 ? Math.PI : 0;
      phases[half] = packed[1]! < 0 ? Math.PI : 0;
      for (let bin = 1; bin < half; bin += 1) {
        phases[bin] = Math.atan2(packed[2 * bin + 1]!, packed[2 * bin]!);
      }
    },
  };
}

/** Gives the frame the phases of a packed spectrum; its magnitudes stay. */
export function towards({ magnitudes, packed }: HeldFrame, spectrum: Float32Array): void {
  const half = packed.length / 2;
  packed[0] = spectrum[0]! < 0 ? -magnitudes[0]! : magnitudes[0]!;
  packed[1] = spectrum[1]! < 0 ? -magnitudes[half]! : magnitudes[half]!;
  for (let bin = 1; bin < half; bin += 1) {
    const re = spectrum[2 * bin]!;
    const im = spectrum[2 * bin + 1]!;
    const scale = magnitudes[bin]! / Math.sqrt(re * re + im * im + TINY_POWER);
    packed[2 * bin] = re * scale;
    packed[2 * bin + 1] = im * scale;
  }
}
