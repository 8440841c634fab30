/** What the two ears of a head receive from a direction: a filter and a delay each. */

import { KEMAR_BIN_COUNT, KEMAR_BIN_HZ, KEMAR_ORDER, type Kemar, readKemar } from "./kemar.ts";
import { type MinimumPhase, minimumPhaseFilters } from "./minimum-phase.ts";
import { type Direction, sphericalHarmonics } from "./spherical-harmonics.ts";

export interface Ear {
  readonly taps: Float32Array;
  /** After the sound has reached the middle of the head; negative on the near side. */
  readonly delaySeconds: number;
}

export type Side = "left" | "right";

export interface Head {
  /** The right ear is the left one of the mirrored direction, bit for bit. */
  hear(direction: Direction, side: Side): Ear;
}

/** @param sampleRate In hertz, of the filters. */
export function createHead(sampleRate: number): Head {
  const kemar = readKemar();
  // 2.7 ms, whatever the rate.
  const tapCount = sampleRate > 50_000 ? 256 : 128;
  const filterOf = minimumPhaseFilters(tapCount);
  return {
    hear: ({ azimuthDegrees, elevationDegrees }, side) => {
      const azimuth = side === "left" ? azimuthDegrees : -azimuthDegrees;
      const direction = { azimuthDegrees: azimuth, elevationDegrees };
      return earOf(kemar, sphericalHarmonics(direction, KEMAR_ORDER), {
        filterOf,
        tapCount,
        sampleRate,
      });
    },
  };
}

// --- internal ---

interface FilterTools {
  readonly filterOf: MinimumPhase;
  readonly tapCount: number;
  readonly sampleRate: number;
}

function earOf(
  { levels, delays }: Kemar,
  harmonics: Float64Array,
  { filterOf, tapCount, sampleRate }: FilterTools,
): Ear {
  const measured = new Float64Array(KEMAR_BIN_COUNT);
  let delaySeconds = 0;
  for (const [harmonic, value] of harmonics.entries()) {
    delaySeconds += delays[harmonic]! * value;
    const row = harmonic * KEMAR_BIN_COUNT;
    for (let bin = 0; bin < KEMAR_BIN_COUNT; bin += 1) {
      measured[bin] = measured[bin]! + levels[row + bin]! * value;
    }
  }
  const wanted = Float64Array.from({ length: tapCount + 1 }, (_, bin) =>
    between(measured, (bin * sampleRate) / (2 * tapCount) / KEMAR_BIN_HZ),
  );
  return { taps: filterOf(wanted), delaySeconds };
}

/** On the straight line between two entries; beyond the last one, that. */
function between(values: Float64Array, place: number): number {
  const first = Math.min(Math.floor(place), values.length - 1);
  const next = Math.min(first + 1, values.length - 1);
  return values[first]! + (place - first) * (values[next]! - values[first]!);
}
