/**
 * Puts the low partials of decoded frames back on their pitch.
 *
 * A bin is 23 Hz wide. Where a decoder's envelope is steeper than the recordings were on the note
 * that is played, the lobe of a partial leans over: its highest bin is another one, and what phase
 * reconstruction makes of it is up to half a bin, 40 cents of middle C, beside the pitch that was
 * asked for. So each low partial gets the lobe that a tone of its frequency has, with the power that
 * was decoded; what lies between partials, and what has none, stays.
 */

import { hannLobe, LOBE_BINS } from "../audio/hann-lobe.ts";
import { BIN_HZ } from "../audio/spectrogram.ts";
import { BIN_COUNT } from "../model/bands.ts";
import { CONDITION_COUNT, framedConditions } from "../model/conditions.ts";
import { pitchColumns, type RowLayout } from "./path-pitch.ts";

/** Partials nearer to each other than this cannot be told apart, in bins. */
const SPACING_LEAST = 2.5;
/** Most of the power of a partial lies within this. */
const POWER_BINS = 1.5;
/** Up to the first bin all of it, from the second on nothing: half a bin is 10 cents there, and real partials are stretched. */
const HEIGHT = { whole: 80, none: 128 } as const;
/** How far a partial stands out of what is beside it, in dB: nothing up to the first is one. */
const STANDING_OUT_DB = { least: 4, most: 9 } as const;
/** Beside it is this far away at most, in bins. */
const BESIDE_BINS = 4;
/** What stays under the lobe is at least this far below its top. */
const SKIRT_DB = 30;
/** Rows less voiced than the first have no partials, from the second on all of them. */
const VOICING = { none: 0.2, whole: 0.6 } as const;

/** What leads from a path to frames. */
export interface TunedLayout extends RowLayout {
  readonly framesPerLatent: number;
  /** Frame of the path that the levels begin with. @default 0 */
  readonly firstFrame?: number;
}

/**
 * @param levels Decibels as they were decoded from the path, shape [frames, BIN_COUNT]; changed in
 *   place. Of models without pitch they stay as they are.
 * @returns The same levels.
 */
export function tunedPartials(
  levels: Float32Array,
  path: Float32Array,
  layout: TunedLayout,
): Float32Array {
  const columns = pitchColumns(layout);
  if (columns === undefined) return levels;
  const { latentSize, framesPerLatent, firstFrame = 0 } = layout;
  const rows = new Float32Array((path.length / latentSize) * CONDITION_COUNT);
  for (let row = 0; row * latentSize < path.length; row += 1) {
    rows[row * CONDITION_COUNT] = path[row * latentSize + columns.pitch]!;
    rows[row * CONDITION_COUNT + 1] = path[row * latentSize + columns.voicing]!;
  }
  const conditions = framedConditions(rows, framesPerLatent).subarray(CONDITION_COUNT * firstFrame);
  const frameCount = Math.min(levels.length / BIN_COUNT, conditions.length / CONDITION_COUNT);
  for (let frame = 0; frame < frameCount; frame += 1) {
    const pitch = conditions[frame * CONDITION_COUNT]!;
    const voicing = conditions[frame * CONDITION_COUNT + 1]!;
    const row = levels.subarray(frame * BIN_COUNT, (frame + 1) * BIN_COUNT);
    tuneFrame(row, 2 ** pitch / BIN_HZ, shareBetween(voicing, VOICING.none, VOICING.whole));
  }
  return levels;
}

// --- internal ---

/** @param spacing Of its partials, in bins. */
function tuneFrame(row: Float32Array, spacing: number, voiced: number): void {
  if (voiced === 0 || !(spacing >= SPACING_LEAST)) return;
  const tuned: { readonly bin: number; readonly level: number }[] = [];
  for (let centre = spacing; centre < HEIGHT.none; centre += spacing) {
    const height = 1 - shareBetween(centre, HEIGHT.whole, HEIGHT.none);
    const top = topOf(row, centre, spacing);
    // Where the lobe leans over, one side is as high as its top: the mean of both tells.
    const away = Math.min(spacing / 2, BESIDE_BINS);
    const beside = (levelAt(row, centre - away) + levelAt(row, centre + away)) / 2;
    const { least, most } = STANDING_OUT_DB;
    const share = voiced * height * shareBetween(top - beside, least, most);
    if (share === 0) continue;
    const reach = Math.min(LOBE_BINS, spacing / 2);
    for (let bin = Math.max(1, Math.ceil(centre - reach)); bin <= centre + reach; bin += 1) {
      const now = row[bin]!;
      const lobe = Math.max(top + lobeDb(bin - centre), Math.min(now, top - SKIRT_DB));
      tuned.push({ bin, level: now + share * (lobe - now) });
    }
  }
  for (const { bin, level } of tuned) row[bin] = level;
}

/** Level of a partial: that of a lobe with the power which lies around its frequency. */
function topOf(row: Float32Array, centre: number, spacing: number): number {
  const reach = Math.min(POWER_BINS, spacing / 2);
  let [found, whole] = [0, 0];
  for (let bin = Math.max(0, Math.ceil(centre - reach)); bin <= centre + reach; bin += 1) {
    found += 10 ** (row[bin]! / 10);
    whole += 10 ** (lobeDb(bin - centre) / 10);
  }
  return 10 * Math.log10(found / whole);
}

function levelAt(row: Float32Array, place: number): number {
  return row[Math.max(0, Math.min(BIN_COUNT - 1, Math.round(place)))]!;
}

function lobeDb(distance: number): number {
  return 20 * Math.log10(hannLobe(distance));
}

function shareBetween(value: number, none: number, whole: number): number {
  return Math.min(1, Math.max(0, (value - none) / (whole - none)));
}
