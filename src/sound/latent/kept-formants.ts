/**
 * Keeps the formants of a note that is moved to another pitch.
 *
 * Between partials that lie far apart, and below the first one, a recording says nothing of its
 * formants: the decoded envelope falls there by what the comb did not explain, and a partial that is
 * moved there would be missing. So each partial gets at least the level that lies between those of
 * the two partials beside its place, as the note has them at its own pitch. What was noise there,
 * below the first partial and between them, is a tone then.
 */

import { hannLobe, LOBE_BINS } from "../audio/hann-lobe.ts";
import { BIN_HZ } from "../audio/spectrogram.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { LEVEL_MIN_DB } from "../model/sound-frames.ts";
import type { FramePitch } from "./controls/hollow.ts";
import { isLowTone } from "./low-tones.ts";
import { bandOfBin } from "./texture.ts";

const VOICED = 0.5;
/** Levels fall by as much between partials, or what is there is noise. */
const VALLEY_LEAST_DB = 12;

/**
 * @param note Of one latent vector, in place: decibels of its frames, shape [frames, BIN_COUNT], and
 *   its roughness, shape [TEXTURE_BANDS].
 * @param recorded Decibels at the pitch of the recording.
 */
export function keepFormants(
  { levels, texture }: { readonly levels: Float32Array; readonly texture: Float32Array },
  recorded: Float32Array,
  of: FramePitch,
): void {
  const { pitch, voicing, raisedBy = 0 } = of;
  if (raisedBy === 0 || voicing < VOICED) return;
  const [from, to] = [2 ** (pitch - raisedBy) / BIN_HZ, 2 ** pitch / BIN_HZ];
  let tonal = 0;
  for (let start = 0; start < levels.length; start += BIN_COUNT) {
    const row = levels.subarray(start, start + BIN_COUNT);
    const heights = partialsOf(recorded.subarray(start, start + BIN_COUNT), from);
    tonal = Math.max(tonal, heights.length);
    for (let partial = 1; partial * to < BIN_COUNT - LOBE_BINS; partial += 1) {
      const level = levelBetween(heights, (partial * to) / from);
      if (level !== undefined) raiseLobe(row, partial * to, level);
    }
  }
  // Partials that are told apart keep noise off by standing out.
  if (raisedBy < 0 && isLowTone(of) && tonal > 1) {
    texture.fill(0, 0, bandOfBin[Math.min(BIN_COUNT - 1, Math.floor(tonal * from))]! + 1);
  }
}

/** Levels of the partials from the first one on, up to where nothing stands out any more. */
function partialsOf(row: Float32Array, spacing: number): number[] {
  const heights: number[] = [];
  for (let partial = 1; (partial + 1) * spacing < BIN_COUNT - 1; partial += 1) {
    const height = highest(row, partial * spacing);
    const valley = row[Math.round((partial - 0.5) * spacing)]!;
    // The first one may be faint.
    const before = heights.at(-1);
    if (before !== undefined && valley > Math.max(height, before) - VALLEY_LEAST_DB) break;
    heights.push(height);
  }
  return heights;
}

/** @param place In partials, from 1; below the first one its level is held. */
function levelBetween(heights: readonly number[], place: number): number | undefined {
  const below = Math.max(1, Math.floor(place));
  const [low, high] = [heights[below - 1], heights[below]];
  if (low === undefined) return undefined;
  return high === undefined ? undefined : low + Math.max(0, place - below) * (high - low);
}

function highest(row: Float32Array, place: number): number {
  const bin = Math.floor(place);
  return Math.max(row[bin]!, row[bin + 1]!);
}

function raiseLobe(row: Float32Array, place: number, level: number): void {
  for (let bin = Math.ceil(place - LOBE_BINS); bin < place + LOBE_BINS; bin += 1) {
    if (bin < 0) continue;
    const lobe = level + 20 * Math.log10(hannLobe(bin - place));
    row[bin] = Math.max(row[bin]!, LEVEL_MIN_DB, lobe);
  }
}
