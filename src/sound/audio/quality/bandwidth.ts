/** Finds the wall of a low-pass: a frequency above which a broad sound has nothing. */

import type { PowerFrames } from "./power-frames.ts";

/**
 * The frequency of the wall in hertz; undefined where there is none.
 *
 * Looked at is each bin's mean power over the loudest quarter of frames, as the median over thirds of
 * an octave, so that single partials do not count. A wall at f is where the third below f is 40 dB
 * over the one that begins a quarter tone above f, is within 50 dB of the loudest third, and where
 * nothing above comes back to within 40 dB of it.
 */
export function bandwidthOf(frames: PowerFrames): number | undefined {
  const mean = loudMean(frames);
  const { binHz, binCount } = frames;
  const nyquistHz = (binCount - 1) * binHz;
  const level = (fromHz: number, toHz: number): number => {
    const [from, to] = [Math.floor(fromHz / binHz), Math.ceil(toHz / binHz)];
    const band = mean.slice(from, Math.max(from + 4, to)).sort();
    return 10 * Math.log10(Math.max(1e-16, band[Math.floor(band.length / 2)]!));
  };
  const levels: number[] = [];
  for (let hz = 100; hz < nyquistHz; hz *= THIRD) levels.push(level(hz, hz * THIRD));
  const loudest = Math.max(...levels);
  let best: { hz: number; drop: number } | undefined;
  for (let hz = LEAST_HZ; hz * GAP * THIRD < nyquistHz; hz *= STEP) {
    const below = level(hz / THIRD, hz);
    if (below < loudest - DEPTH_DB) continue;
    let above = Number.NEGATIVE_INFINITY;
    for (let from = hz * GAP; from * THIRD < nyquistHz; from *= THIRD) {
      above = Math.max(above, level(from, from * THIRD));
    }
    const drop = below - above;
    if (drop >= WALL_DB && drop > (best?.drop ?? 0)) best = { hz, drop };
  }
  return best?.hz;
}

const THIRD = 2 ** (1 / 3);
const STEP = 2 ** (1 / 24);
/** A quarter of an octave for the slope of the wall. */
const GAP = 2 ** (1 / 4);
const LEAST_HZ = 2000;
const WALL_DB = 40;
const DEPTH_DB = 50;

/** Mean power of each bin over the loudest quarter of frames. */
function loudMean({ frameCount, binCount, data, totals }: PowerFrames): Float64Array {
  const order = Array.from(totals.keys()).sort((a, b) => totals[b]! - totals[a]!);
  const loud = order.slice(0, Math.max(1, Math.ceil(frameCount / 4)));
  const mean = new Float64Array(binCount);
  for (const frame of loud) {
    for (let bin = 0; bin < binCount; bin += 1) {
      mean[bin] = mean[bin]! + data[frame * binCount + bin]! / loud.length;
    }
  }
  return mean;
}
