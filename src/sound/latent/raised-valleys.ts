/**
 * Deepens what lies between and below the partials of a note that is played higher than it was
 * recorded.
 *
 * How deep the valleys of a low note are cannot be seen through the window, whose lobes fill them;
 * of 60 notes of a saxophone and of a cello they are 12 dB deep where partials are 4 bins apart, 27
 * dB from 7 bins on, and then 3 dB an octave deeper. Raised with its valleys as they were seen, the
 * note would keep its old partials among the new ones, an octave below first of all.
 */

import { BIN_HZ } from "../audio/spectrogram.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { LEVEL_MIN_DB } from "../model/sound-frames.ts";
import type { FramePitch } from "./controls/hollow.ts";

/** Depth that is seen where partials are so many bins apart, in dB. */
const SEEN = { bins: 4.4, depthDb: 12.5, perOctaveDb: 21.6, mostDb: 27 } as const;
const DEEPER_PER_OCTAVE_DB = 3;
/** Below the first partial the old first one is left: it has to go. */
const BELOW_PER_OCTAVE_DB = 24;
/** A partial reaches this far, in bins, and the valley begins within so many more. */
const LOBE = { bins: 1.5, slope: 1 } as const;
/** Where levels fall by less there is no valley, but noise. */
const VALLEY_LEAST_DB = 8;
const VOICED = 0.3;

/**
 * @param levels Decibels of the frames of one latent vector, shape [frames, BIN_COUNT]; in place.
 *   Nothing changes where the note was not raised.
 */
export function deepenValleys(levels: Float32Array, of: FramePitch): void {
  const { pitch, voicing, raisedBy = 0 } = of;
  if (raisedBy <= 0 || voicing < VOICED) return;
  const spacing = 2 ** pitch / BIN_HZ;
  const hidden = seenDepth(spacing) - seenDepth(spacing / 2 ** raisedBy);
  const deeper = voicing * (Math.max(0, hidden) + DEEPER_PER_OCTAVE_DB * raisedBy);
  const below = deeper + voicing * BELOW_PER_OCTAVE_DB * raisedBy;
  for (let start = 0; start < levels.length; start += BIN_COUNT) {
    const row = levels.subarray(start, start + BIN_COUNT);
    const partials = Math.floor((BIN_COUNT - 2) / spacing);
    for (let partial = 0; partial < partials; partial += 1) {
      deepenBetween(row, { partial, spacing, by: partial === 0 ? below : deeper });
    }
  }
}

function seenDepth(spacing: number): number {
  const { bins, depthDb, perOctaveDb, mostDb } = SEEN;
  return Math.min(mostDb, Math.max(0, depthDb + perOctaveDb * Math.log2(spacing / bins)));
}

interface Valley {
  /** Below it; 0 for what lies below the first one. */
  readonly partial: number;
  readonly spacing: number;
  readonly by: number;
}

function deepenBetween(row: Float32Array, { partial, spacing, by }: Valley): void {
  const [low, high] = [partial * spacing, (partial + 1) * spacing];
  const peak = Math.max(partial === 0 ? LEVEL_MIN_DB : peakAt(row, low), peakAt(row, high));
  for (let bin = Math.ceil(low); bin < high; bin += 1) {
    const level = row[bin]!;
    if (level > peak - VALLEY_LEAST_DB) continue;
    const away = Math.min(partial === 0 ? high : bin - low, high - bin);
    const share = Math.min(1, Math.max(0, (away - LOBE.bins) / LOBE.slope));
    row[bin] = Math.max(LEVEL_MIN_DB, level - share * by);
  }
}

function peakAt(row: Float32Array, place: number): number {
  const bin = Math.floor(place);
  return Math.max(row[bin]!, row[bin + 1] ?? LEVEL_MIN_DB);
}
