/**
 * The partials of a pitch in the spectrum of a frame: whether they are there, and where exactly.
 *
 * A period tells a pitch to half a percent, and it does not tell a note from a chord whose notes
 * share a long period. The spectrum tells both, wherever it resolves the partials.
 */

import { BIN_HZ } from "../spectrogram.ts";

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

/** Peaks are compared with the partials up to here. */
const COMPARED_HZ = 5000;
/** Peaks count from this far below the highest, in dB, the more the higher they are. */
const PEAK_DEPTH_DB = 30;
/** A peak is at a partial within this many bins, and this share of the spacing. */
const NEAR = { bins: 0.75, share: 0.2 } as const;

/** Closer partials leave no peaks to compare: 66 Hz. */
const SEPARATE_BINS = 2.8;

/**
 * How much of what stands out in a frame are partials of a pitch: 1 for a note or a single tone,
 * about 0 where the peaks lie anywhere. What hits by chance is taken off; below 66 Hz it is 1.
 */
export function harmonicShare(row: Float32Array, hz: number): number {
  const spacing = hz / BIN_HZ;
  if (spacing < SEPARATE_BINS) return 1;
  const reach = Math.min(NEAR.bins, NEAR.share * spacing);
  const end = Math.min(row.length - 1, Math.ceil(COMPARED_HZ / BIN_HZ));
  let highestOf = 0;
  for (let bin = 1; bin < end; bin += 1) highestOf = Math.max(highestOf, row[bin]!);
  const least = highestOf * 10 ** (-PEAK_DEPTH_DB / 20);
  let all = 0;
  let partials = 0;
  for (let bin = 1; bin < end; bin += 1) {
    const here = row[bin]!;
    if (here < least || here <= row[bin - 1]! || here < row[bin + 1]!) continue;
    const weight = Math.log(here / least);
    const at = bin + offsetOf(row, bin);
    const away = Math.abs(at - Math.max(1, Math.round(at / spacing)) * spacing);
    all += weight;
    if (away <= reach) partials += weight;
  }
  if (all === 0) return 0;
  const byChance = Math.min(0.9, (2 * reach) / spacing);
  return Math.max(0, (partials / all - byChance) / (1 - byChance));
}

function partialsBelow(spacing: number, bins: number): number {
  const highestBin = Math.min(bins - 3, HIGHEST_HZ / BIN_HZ);
  return Math.min(PARTIALS, Math.floor(highestBin / spacing));
}

/** The largest magnitude within `reach` bins of `centre`. */
export function highest(row: Float32Array, centre: number, reach: number): number {
  let most = 0;
  const last = Math.min(row.length - 1, Math.round(centre + reach));
  for (let bin = Math.max(0, Math.round(centre - reach)); bin <= last; bin += 1) {
    most = Math.max(most, row[bin]!);
  }
  return most;
}

/** The largest local maximum, to a fraction of a bin. */
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
  return { at: best + offsetOf(row, best), height: row[best]! };
}

/** Of a peak from its bin, by a parabola through logarithms. */
function offsetOf(row: Float32Array, bin: number): number {
  const before = Math.log(row[bin - 1]! + 1e-12);
  const here = Math.log(row[bin]! + 1e-12);
  const after = Math.log(row[bin + 1]! + 1e-12);
  const curve = before - 2 * here + after;
  return curve < 0 ? (0.5 * (before - after)) / curve : 0;
}
