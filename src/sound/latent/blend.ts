/**
 * One sound of several models: each decodes a gesture of its own, and the gestures become one.
 *
 * They are laid over each other from onset to end. What a gesture does as a whole (its length, its
 * course of loudness, its colour from band to band) is the mean of all by their weights, as loudness
 * is heard; what lies inside the bands (partials, noise) is of all, by the power of their weights.
 * So two voices speak in one breath, where a mix of two sounds has each in its own.
 */

import { decibelsToGain, gainToDecibels } from "../audio/decibel.ts";
import { BIN_COUNT, TEXTURE_BANDS } from "../model/bands.ts";
import { LEVEL_MIN_DB } from "../model/sound-frames.ts";
import type { Composition } from "./composition.ts";
import type { DecodedGesture } from "./performance.ts";

export interface BlendPart {
  readonly composition: Composition;
  /** Share of the whole; all together are 1. */
  readonly weight: number;
}

/** When things happen is as in the first part; gestures of the others are taken in turn. */
export function blendedComposition(parts: readonly BlendPart[]): Composition {
  const [first] = parts;
  if (first === undefined) throw new RangeError("Cannot blend no sounds: need one at least");
  const gestures = first.composition.gestures.map((lead, turn) =>
    blendedGesture(
      lead,
      parts.map(({ composition, weight }) => ({
        gesture: composition.gestures[turn % composition.gestures.length]!,
        weight,
      })),
    ),
  );
  return { ...first.composition, gestures };
}

// --- internal ---

interface WeightedGesture {
  readonly gesture: DecodedGesture;
  readonly weight: number;
}

function blendedGesture(lead: DecodedGesture, parts: readonly WeightedGesture[]): DecodedGesture {
  const mean = (of: (gesture: DecodedGesture) => number): number =>
    parts.reduce((sum, { gesture, weight }) => sum + weight * of(gesture), 0);
  const { framesPerLatent } = lead;
  const steps = mean(({ levels }) => levels.length / BIN_COUNT - 1);
  const latentCount = Math.max(1, Math.round(steps / framesPerLatent));
  const frameCount = latentCount * framesPerLatent + 1;
  const texture = new Float32Array(latentCount * TEXTURE_BANDS);
  for (const { gesture, weight } of parts) {
    const rows = stretched(gesture.texture, { width: TEXTURE_BANDS, count: latentCount });
    for (let i = 0; i < texture.length; i += 1) texture[i] = texture[i]! + weight * rows[i]!;
  }
  return {
    ...lead,
    levels: blendedLevels(parts, frameCount),
    texture,
    reference: decibelsToGain(mean(({ reference }) => gainToDecibels(reference))),
  };
}

function blendedLevels(parts: readonly WeightedGesture[], frameCount: number): Float32Array {
  const shape = new Float32Array(frameCount * BIN_COUNT);
  const inside = new Float32Array(frameCount * BIN_COUNT);
  for (const { gesture, weight } of parts) {
    const levels = stretched(gesture.levels, { width: BIN_COUNT, count: frameCount });
    const powers = levels.map((level) => 10 ** (level / 10));
    for (let frame = 0; frame < frameCount; frame += 1) {
      const row = frame * BIN_COUNT;
      const smooth = smoothed(powers.subarray(row, row + BIN_COUNT));
      for (let bin = 0; bin < BIN_COUNT; bin += 1) {
        const at = row + bin;
        shape[at] = shape[at]! + weight * smooth[bin]! ** LOUDNESS_EXPONENT;
        inside[at] = inside[at]! + (weight * powers[at]!) / smooth[bin]!;
      }
    }
  }
  return shape.map((loudness, i) => {
    const power = loudness ** (1 / LOUDNESS_EXPONENT) * inside[i]!;
    return Math.max(LEVEL_MIN_DB, 10 * Math.log10(power));
  });
}

/**
 * Loudness grows with power to the power of this (Stevens): a band that only one of two voices has
 * is 10 dB lower than in that one, where the mean of decibels would leave nothing of it.
 */
const LOUDNESS_EXPONENT = 0.3;

/** Bins that are smoothed over on both sides: a number of them, and a share of the frequency. */
const SMOOTHED = { bins: 4, share: 0.16 } as const;

/** Mean power around each bin. */
function smoothed(powers: Float32Array): Float64Array {
  const sums = new Float64Array(powers.length + 1);
  for (let bin = 0; bin < powers.length; bin += 1) sums[bin + 1] = sums[bin]! + powers[bin]!;
  return Float64Array.from(powers, (_, bin) => {
    const reach = Math.round(SMOOTHED.bins + SMOOTHED.share * bin);
    const first = Math.max(0, bin - reach);
    const end = Math.min(powers.length, bin + reach + 1);
    return Math.max((sums[end]! - sums[first]!) / (end - first), LEAST_POWER);
  });
}

const LEAST_POWER = 10 ** (LEVEL_MIN_DB / 10);

/** Rows laid over another number of rows, on straight lines between them. */
function stretched(
  rows: Float32Array,
  { width, count }: { readonly width: number; readonly count: number },
): Float32Array {
  const last = rows.length / width - 1;
  if (last + 1 === count) return rows;
  const result = new Float32Array(count * width);
  for (let row = 0; row < count; row += 1) {
    const place = count > 1 ? (row * last) / (count - 1) : 0;
    const before = Math.floor(place);
    const share = place - before;
    const [a, b] = [before * width, Math.min(last, before + 1) * width];
    for (let i = 0; i < width; i += 1) {
      result[row * width + i] = rows[a + i]! + share * (rows[b + i]! - rows[a + i]!);
    }
  }
  return result;
}
