/**
 * Moves how hollow decoded frames are: odd partials up and even ones down, or the other way. The
 * first partial stays, and so does what has no pitch.
 */

import { HOLLOW_PARTIALS } from "../../audio/descriptors/pitched.ts";
import { MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import { BIN_COUNT } from "../../model/bands.ts";

/** Of the frames of one latent vector. */
export interface FramePitch {
  /** log2 of hertz. */
  readonly pitch: number;
  /** 0 to 1. */
  readonly voicing: number;
  /** Octaves above the pitch that it was recorded at. @default 0 */
  readonly raisedBy?: number;
}

const HERTZ_PER_BIN = MODEL_RATE_HZ / 2 / (BIN_COUNT - 1);
/** Beyond the highest partial that counts the gain fades out over so many. */
const FADE_PARTIALS = 4;
const GAIN_DB_MAX = 24;

/** @param by Wanted change of the ratio of odd to even partials, in dB. In place. */
export function moveHollow(levels: Float32Array, { pitch, voicing }: FramePitch, by: number): void {
  const depth = (Math.min(GAIN_DB_MAX, Math.max(-GAIN_DB_MAX, by)) / 2) * voicing;
  if (depth === 0) return;
  const first = 2 ** pitch / HERTZ_PER_BIN;
  for (let bin = Math.ceil(1.5 * first); bin < BIN_COUNT; bin += 1) {
    const partial = bin / first;
    const share = Math.min(1, (HOLLOW_PARTIALS + FADE_PARTIALS - partial) / FADE_PARTIALS);
    if (share <= 0) break;
    const gain = -share * depth * Math.cos(Math.PI * partial);
    for (let at = bin; at < levels.length; at += BIN_COUNT) levels[at] = levels[at]! + gain;
  }
}
