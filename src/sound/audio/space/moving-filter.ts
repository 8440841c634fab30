/**
 * A filter and a delay that may change from moment to moment without a click: taps are mixed from
 * one moment to the next, and the delay is read between samples.
 */

import { besselI0, sinc } from "../resample.ts";
import type { Ear } from "./head.ts";

/** @param samples Shape [time]. @returns Shape [time]. */
export function movingFilter(
  samples: Float32Array,
  ears: readonly Ear[],
  { sampleRate, hopLength }: { readonly sampleRate: number; readonly hopLength: number },
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(samples.length);
  const [first] = ears;
  if (first === undefined) return out;
  const padding = first.taps.length - 1;
  const delayed = delayedBy(samples, ears, { sampleRate, hopLength, padding });
  for (const [hop, before] of ears.entries()) {
    const start = hop * hopLength;
    const end = ears.length === 1 ? samples.length : Math.min(samples.length, start + hopLength);
    const after = ears[hop + 1] ?? before;
    for (let i = start; i < end; i += 1) {
      const heard = filtered(delayed, before.taps, i);
      const share = (i - start) / hopLength;
      out[i] =
        after === before ? heard : heard + share * (filtered(delayed, after.taps, i) - heard);
    }
  }
  return out;
}

// --- internal ---

/** Shape [padding + time]: zeros come first, so that the filter needs no edges. */
function delayedBy(
  samples: Float32Array,
  ears: readonly Ear[],
  {
    sampleRate,
    hopLength,
    padding,
  }: { readonly sampleRate: number; readonly hopLength: number; readonly padding: number },
): Float32Array {
  const delayed = new Float32Array(padding + samples.length);
  const padded = new Float32Array(samples.length + 2 * PADDING);
  padded.set(samples, PADDING);
  for (let i = 0; i < samples.length; i += 1) {
    const hop = Math.min(ears.length - 1, Math.floor(i / hopLength));
    const before = ears[hop]!.delaySeconds;
    const after = ears[hop + 1]?.delaySeconds ?? before;
    const seconds = before + (after - before) * (i / hopLength - hop);
    delayed[padding + i] = valueAt(padded, i - seconds * sampleRate + PADDING);
  }
  return delayed;
}

/** Samples of silence on both sides: more than any delay, and the interpolator. */
const PADDING = 256;

const HALF_WIDTH = 12;
const ROW_COUNT = 512;
const KAISER_BETA = 8;

/** Row r weighs the samples around a moment r / ROW_COUNT behind one of them. */
const rows = Array.from({ length: ROW_COUNT + 1 }, (_, row) =>
  Float32Array.from({ length: 2 * HALF_WIDTH }, (_, tap) => {
    const distance = tap - (HALF_WIDTH - 1) - row / ROW_COUNT;
    const inWindow = Math.max(0, 1 - (distance / HALF_WIDTH) ** 2);
    return (sinc(distance) * besselI0(KAISER_BETA * Math.sqrt(inWindow))) / besselI0(KAISER_BETA);
  }),
);

function valueAt(padded: Float32Array, moment: number): number {
  const whole = Math.floor(moment);
  const place = (moment - whole) * ROW_COUNT;
  const row = Math.floor(place);
  const share = place - row;
  const [before, after] = [rows[row]!, rows[Math.min(ROW_COUNT, row + 1)]!];
  const start = whole - (HALF_WIDTH - 1);
  let [a, b] = [0, 0];
  for (let tap = 0; tap < 2 * HALF_WIDTH; tap += 1) {
    const value = padded[start + tap]!;
    a += before[tap]! * value;
    b += after[tap]! * value;
  }
  return a + share * (b - a);
}

/** The newest sample stands at `taps.length - 1 + i`. */
function filtered(samples: Float32Array, taps: Float32Array, i: number): number {
  const newest = i + taps.length - 1;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let tap = 0; tap < taps.length; tap += 4) {
    a += taps[tap]! * samples[newest - tap]!;
    b += taps[tap + 1]! * samples[newest - tap - 1]!;
    c += taps[tap + 2]! * samples[newest - tap - 2]!;
    d += taps[tap + 3]! * samples[newest - tap - 3]!;
  }
  return a + b + (c + d);
}
