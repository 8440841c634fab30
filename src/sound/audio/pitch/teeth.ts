/**
 * The partials of a pitch in the spectrum of a frame: whether they are there, and where exactly.
 *
 * A period tells a pitch to half a percent, and it does not tell a note from a chord whose notes
 * share a long period. The spectrum tells both, wherever it resolves the partials.
 */

import { defaultStft, MODEL_RATE_HZ } from "../spectrogram.ts";

const BIN_HZ: number = MODEL_RATE_HZ / defaultStft.frameLength;

/** Below this many bins between partials (82 Hz), they are not told apart. */
const RESOLVED_BINS = 3.5;

/** Partials that are looked at. */
const PARTIALS = 16;
const HIGHEST_HZ = 10_000;
/** A partial counts down to this far below the strongest: 30 dB. */
const THERE = 10 ** (-30 / 20);
/** The first or second partial may be this far below the strongest: 36 dB. */
const ROOT_THERE = 10 ** (-36 / 20);
/** Where partials run into each other, the neighbours alone reach 18 dB below the strongest. */
const MERGED_ROOT_THERE = 10 ** (-15 / 20);
/** Share of the partials up to the highest that must be there, unless the first one is. */
const FILLED_LEAST = 0.6;

/**
 * Whether a frame has the partials of a pitch, and not those of something that has a longer period:
 * a chord, of whose common root the low partials are missing, or a tone an octave up.
 *
 * @param row Magnitudes of one frame.
 */
export function hasPartials(row: Float32Array, hz: number): boolean {
  const spacing = hz / BIN_HZ;
  const count = partialsBelow(spacing, row.length);
  if (count < 2) return true;
  let strongest = 0;
  const heights = Array.from({ length: count }, (_, i) => {
    const height = highest(row, (i + 1) * spacing, Math.min(1, spacing / 4));
    strongest = Math.max(strongest, height);
    return height;
  });
  const [first = 0, second = 0] = heights;
  const rootThere = strongest * (spacing < RESOLVED_BINS ? MERGED_ROOT_THERE : ROOT_THERE);
  if (Math.max(first, second) < rootThere) return false;
  if (first >= rootThere) return true;
  const last = heights.findLastIndex((height) => height >= THERE * strongest);
  const there = heights.filter((height) => height >= THERE * strongest).length;
  return there / (last + 1) >= FILLED_LEAST;
}

/**
 * The pitch that fits the partials of a frame best: least squares over their places, the stronger
 * ones counting more. Pitches whose partials are not resolved (under 82 Hz) stay as they are.
 */
export function refinedPitch(row: Float32Array, hz: number): number {
  let spacing = hz / BIN_HZ;
  if (spacing < RESOLVED_BINS) return hz;
  const count = partialsBelow(spacing, row.length);
  let strongest = 0;
  for (let k = 1; k <= count; k += 1) {
    strongest = Math.max(strongest, highest(row, k * spacing, 1));
  }
  let moments = 0;
  let weights = 0;
  for (let k = 1; k <= count; k += 1) {
    const reach = Math.min(0.25 * spacing, k === 1 ? 2 : 1.2);
    const peak = peakNear(row, k * spacing, reach);
    if (peak === undefined || peak.height < THERE * strongest) continue;
    const weight = peak.height / strongest;
    moments += weight * k * peak.at;
    weights += weight * k * k;
    spacing = moments / weights;
  }
  const refined = spacing * BIN_HZ;
  return Math.abs(Math.log2(refined / hz)) < REFINED_MOST_OCTAVES ? refined : hz;
}

/** A quarter tone: more than a period can be wrong by. */
const REFINED_MOST_OCTAVES = 1 / 24;

function partialsBelow(spacing: number, bins: number): number {
  const highestBin = Math.min(bins - 3, HIGHEST_HZ / BIN_HZ);
  return Math.min(PARTIALS, Math.floor(highestBin / spacing));
}

function highest(row: Float32Array, centre: number, reach: number): number {
  let most = 0;
  const last = Math.min(row.length - 1, Math.round(centre + reach));
  for (let bin = Math.max(0, Math.round(centre - reach)); bin <= last; bin += 1) {
    most = Math.max(most, row[bin]!);
  }
  return most;
}

/** The largest local maximum, between bins by a parabola through logarithms. */
function peakNear(
  row: Float32Array,
  centre: number,
  reach: number,
): { at: number; height: number } | undefined {
  let best = -1;
  const last = Math.min(row.length - 2, Math.round(centre + reach));
  for (let bin = Math.max(1, Math.round(centre - reach)); bin <= last; bin += 1) {
    const isPeak = row[bin]! > row[bin - 1]! && row[bin]! >= row[bin + 1]!;
    if (isPeak && (best < 0 || row[bin]! > row[best]!)) best = bin;
  }
  if (best < 0) return undefined;
  const [before, here, after] = [row[best - 1]!, row[best]!, row[best + 1]!].map((value) =>
    Math.log(value + 1e-12),
  ) as [number, number, number];
  const curve = before - 2 * here + after;
  const offset = curve < 0 ? (0.5 * (before - after)) / curve : 0;
  return { at: best + offset, height: row[best]! };
}
