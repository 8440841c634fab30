/** Finds line spurs: thin lines that go on unmoved while the sound around them comes and goes. */

import type { PowerFrames } from "./power-frames.ts";

export interface Spur {
  readonly hz: number;
  /** Its level over what is beside it in frequency, in dB. */
  readonly overDb: number;
  /** Its level below the loudest moment of the sound, in dB; 0 or less. */
  readonly levelDb: number;
}

/**
 * The spurs of a sound, loudest first; at most 8.
 *
 * A bin is a spur where, over at least 12 frames that span at least half a second,
 *  - the sound without it moves: its level has 15 dB between its 10th and 90th percentile;
 *  - it does not: its own level has under 3 dB between them;
 *  - it is a line: its median stands 15 dB over the medians of the bins 4 to 12 beside it, and over
 *    its direct neighbours' neighbours.
 * Of a held tone everything holds, so nothing is a spur; of a struck one everything decays.
 */
export function spursOf(frames: PowerFrames): Spur[] {
  const { frameCount, binCount, binHz, data, totals } = frames;
  if (frameCount < FRAMES_MIN) return [];
  const medians = new Float64Array(binCount);
  const spreads = new Float64Array(binCount);
  const ofBin = new Float64Array(frameCount);
  for (let bin = 0; bin < binCount; bin += 1) {
    for (let frame = 0; frame < frameCount; frame += 1)
      ofBin[frame] = data[frame * binCount + bin]!;
    ofBin.sort();
    medians[bin] = toDb(at(ofBin, 0.5));
    spreads[bin] = toDb(at(ofBin, 0.9)) - toDb(at(ofBin, 0.1));
  }
  const loudestDb = toDb(totals.reduce((most, power) => Math.max(most, power), 0));
  const spurs: Spur[] = [];
  for (let bin = 2; bin < binCount - 2; bin += 1) {
    const median = medians[bin]!;
    if (spreads[bin]! > STEADY_DB || median < LEAST_DB) continue;
    if (median < medians[bin - 1]! || median < medians[bin + 1]!) continue;
    const over = median - besides(medians, bin);
    if (over < OVER_DB || !moves(frames, bin)) continue;
    spurs.push({ hz: bin * binHz, overDb: over, levelDb: Math.min(0, median - loudestDb) });
  }
  return spurs.sort((a, b) => b.overDb - a.overDb).slice(0, SPURS_MAX);
}

const FRAMES_MIN = 12;
const STEADY_DB = 3;
const OVER_DB = 15;
/** What is quieter is not heard. */
const LEAST_DB = -100;
const MOVES_DB = 15;
const SPURS_MAX = 8;

/** Median of the bins around. */
function besides(medians: Float64Array, bin: number): number {
  const around: number[] = [];
  for (let k = 4; k <= 12; k += 1) {
    if (bin - k >= 0) around.push(medians[bin - k]!);
    if (bin + k < medians.length) around.push(medians[bin + k]!);
  }
  around.sort((a, b) => a - b);
  return around[Math.floor(around.length / 2)]!;
}

/** Whether the sound without the line around `bin` comes and goes. */
function moves({ frameCount, binCount, data, totals }: PowerFrames, bin: number): boolean {
  const rests = Float64Array.from({ length: frameCount }, (_, frame) => {
    let line = 0;
    for (let k = bin - 2; k <= bin + 2; k += 1) line += data[frame * binCount + k]!;
    return Math.max(0, totals[frame]! - line);
  }).sort();
  return toDb(at(rests, 0.9)) - toDb(at(rests, 0.1)) >= MOVES_DB;
}

function at(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
}

function toDb(power: number): number {
  return 10 * Math.log10(Math.max(power, 1e-16));
}
