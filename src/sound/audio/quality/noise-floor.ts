/** Measures the level of a sound above its steady noise. */

import type { PowerFrames } from "./power-frames.ts";

/**
 * Sound over steady noise, in dB: 10 log10(S / N), S the mean power from 200 Hz up of the frames
 * within 60 dB of the loudest and N that of the noise in it; from -20 (nothing but noise) to 100. Undefined for
 * sounds with fewer than 16 such frames: a short burst of noise is a sound.
 *
 * Of each bin the 10th percentile over time is taken; of Gaussian noise, whose power is exponentially
 * distributed, that is -ln 0.9 of the mean, so it is divided by that. Of each third of an octave from
 * 200 Hz to 12 kHz the 30th percentile over bins stands for all of them, by which steady tones fall
 * out. What is left is the density of what is always there; hiss is the part of it that is smooth:
 * the most that fits under all thirds but one with a slope of 0 (white), -1 (pink) or -2 (red) in log power over log
 * frequency. Music that never pauses has no such floor: its densities lie far apart.
 */
export function soundOverNoiseDb(frames: PowerFrames): number | undefined {
  const { frameCount, totals } = frames;
  const loudest = totals.reduce((most, power) => Math.max(most, power), 0);
  const active: number[] = [];
  for (let frame = 0; frame < frameCount; frame += 1) {
    if (totals[frame]! > loudest * ACTIVE) active.push(frame);
  }
  if (loudest === 0 || active.length < FRAMES_MIN) return undefined;
  const all = meanPower(frames, active);
  const noise = Math.min(all, smoothNoise(floorsOf(frames, active), frames));
  const sound = all - noise;
  const ratio = sound / Math.max(noise, all * 1e-10);
  return Math.max(LEAST_DB, 10 * Math.log10(Math.max(ratio, 1e-10)));
}

/** -60 dB */
const ACTIVE = 1e-6;
const FRAMES_MIN = 16;
const LOW_SHARE = 0.1;
const LOW_OF_MEAN = -Math.log(1 - LOW_SHARE);
const LINE_SHARE = 0.3;
const LOWEST_HZ = 200;
const HIGHEST_HZ = 12_000;
const THIRD = 2 ** (1 / 3);
const SLOPES = [0, -1, -2];
const LEAST_DB = -20;

/** The power that is always there, by bin. */
function floorsOf({ binCount, data }: PowerFrames, active: readonly number[]): Float64Array {
  const ofBin = new Float64Array(active.length);
  return Float64Array.from({ length: binCount }, (_, bin) => {
    for (const [i, frame] of active.entries()) ofBin[i] = data[frame * binCount + bin]!;
    return ofBin.sort()[Math.floor(LOW_SHARE * active.length)]! / LOW_OF_MEAN;
  });
}

/** Power of the largest smooth noise that fits under the floors. */
function smoothNoise(floors: Float64Array, { binHz, binCount }: PowerFrames): number {
  const bands: { readonly hz: number; readonly density: number }[] = [];
  const end = Math.min(HIGHEST_HZ, (binCount - 1) * binHz);
  for (let hz = LOWEST_HZ; hz * THIRD <= end; hz *= THIRD) {
    const band = floors.slice(Math.floor(hz / binHz), Math.ceil((hz * THIRD) / binHz)).sort();
    const density = band[Math.floor(LINE_SHARE * band.length)]!;
    bands.push({ hz: hz * Math.sqrt(THIRD), density });
  }
  const powers = SLOPES.map((slope) => {
    // The second least: of few frames the least is low by chance.
    const least = bands.map(({ hz, density }) => density / hz ** slope).sort((a, b) => a - b)[1];
    let power = 0;
    for (let bin = 1; bin < binCount; bin += 1) {
      if (bin * binHz >= LOWEST_HZ) power += (least ?? 0) * (bin * binHz) ** slope;
    }
    return power;
  });
  return Math.max(...powers);
}

/** Mean power from LOWEST_HZ up. */
function meanPower({ binCount, binHz, data }: PowerFrames, active: readonly number[]): number {
  let sum = 0;
  for (const frame of active) {
    for (let bin = Math.ceil(LOWEST_HZ / binHz); bin < binCount; bin += 1) {
      sum += data[frame * binCount + bin]!;
    }
  }
  return sum / active.length;
}
