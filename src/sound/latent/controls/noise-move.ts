/**
 * Moves the noisiness of decoded frames: fills the valleys between partials with noise, or deepens
 * them.
 *
 * Noisiness is the flatness of bands (`audio/descriptors/spectral.ts`). More of it: to each bin the
 * mean power around it is added, so many dB below that mean as gives the flatness wanted; what is
 * added has the phases of noise, by the texture. Less: the bins' distances from that mean are
 * stretched.
 */

import { FIRST_BIN, GATE_DB, noiseBandEdges } from "../../audio/descriptors/spectral.ts";
import { BIN_COUNT, TEXTURE_BANDS } from "../../model/bands.ts";
import { bandOfBin } from "../texture.ts";

export interface RoughFrames {
  /** Decibels, shape [frames, BIN_COUNT], of one latent vector. */
  readonly levels: Float32Array;
  /** Shares of noise, shape [TEXTURE_BANDS]; absent where the sound has none. */
  readonly texture?: Float32Array;
}

/** @param by Wanted change of the flatness, in dB. In place. */
export function moveNoise({ levels, texture }: RoughFrames, by: number): void {
  const power = meanPower(levels);
  const around = powerAround(power);
  const wanted = Math.min(MOST_DB, flatness(power) + by);
  const changed = by > 0 ? filled(power, around, wanted) : stretched(power, around, wanted);
  for (let bin = FIRST_BIN; bin < BIN_COUNT; bin += 1) {
    const gain = 10 * Math.log10((changed[bin]! + TINY) / (power[bin]! + TINY));
    for (let at = bin; at < levels.length; at += BIN_COUNT) levels[at] = levels[at]! + gain;
  }
  if (texture !== undefined && by > 0) addTexture(texture, power, changed);
}

// --- internal ---

const TINY = 1e-12;
/** No flatter than noise is. */
const MOST_DB = -1;
const SEARCH_STEPS = 7;
const FILL_DB = { least: -40, most: 6 } as const;
const STRETCH_MOST = 5;
/** Half the width over which a mean is taken: at least 4 bins, else a quarter of an octave. */
const reach = Int32Array.from({ length: BIN_COUNT }, (_, bin) =>
  Math.max(4, Math.round(bin * 0.19)),
);

/** Mean over frames, gated as flatness is. */
function meanPower(levels: Float32Array): Float64Array {
  const power = new Float64Array(BIN_COUNT);
  const frames = levels.length / BIN_COUNT;
  let peak = 0;
  for (let i = 0; i < levels.length; i += 1) {
    const bin = i % BIN_COUNT;
    power[bin] = power[bin]! + 10 ** (levels[i]! / 10) / frames;
  }
  for (let bin = FIRST_BIN; bin < BIN_COUNT; bin += 1) peak = Math.max(peak, power[bin]!);
  const least = peak * 10 ** (-GATE_DB / 10);
  return power.map((value) => Math.max(value, least));
}

function powerAround(power: Float64Array): Float64Array {
  const sums = new Float64Array(BIN_COUNT + 1);
  for (let bin = 0; bin < BIN_COUNT; bin += 1) sums[bin + 1] = sums[bin]! + power[bin]!;
  return power.map((_, bin) => {
    const from = Math.max(0, bin - reach[bin]!);
    const to = Math.min(BIN_COUNT, bin + reach[bin]! + 1);
    return (sums[to]! - sums[from]!) / (to - from);
  });
}

/** Of a power spectrum, as in `describeSpectra`. */
function flatness(power: Float64Array): number {
  let [total, weight] = [0, 0];
  for (let band = 0; band + 1 < noiseBandEdges.length; band += 1) {
    const [from, to] = [noiseBandEdges[band]!, noiseBandEdges[band + 1]!];
    let [product, exponent, sum] = [1, 0, 0];
    for (let bin = from; bin < to; bin += 1) {
      const value = power[bin]! + TINY;
      sum += value;
      product *= value;
      // Products of many small numbers leave the range of a double: logarithms now and then.
      if (bin % 8 === 0) [exponent, product] = [exponent + Math.log10(product), 1];
    }
    const logs = exponent + Math.log10(product);
    const amplitude = Math.sqrt(sum);
    total += amplitude * 10 * (logs / (to - from) - Math.log10(sum / (to - from)));
    weight += amplitude;
  }
  return weight > 0 ? total / weight : 0;
}

/** The spectrum of the least amount whose flatness is `wanted`, or the nearest to it. */
function sought(
  at: (amount: number) => Float64Array,
  range: { readonly least: number; readonly most: number },
  isEnough: (flat: number) => boolean,
): Float64Array {
  let { least, most } = range;
  for (let step = 0; step < SEARCH_STEPS; step += 1) {
    const middle = (least + most) / 2;
    if (isEnough(flatness(at(middle)))) most = middle;
    else least = middle;
  }
  return at((least + most) / 2);
}

/** With the whole power of each place as it was. */
function filled(power: Float64Array, around: Float64Array, wanted: number): Float64Array {
  const at = (fillDb: number): Float64Array => {
    const share = 10 ** (fillDb / 10);
    return power.map((value, bin) => (value + share * around[bin]!) / (1 + share));
  };
  return sought(at, FILL_DB, (flat) => flat >= wanted);
}

function stretched(power: Float64Array, around: Float64Array, wanted: number): Float64Array {
  const logs = power.map((value, bin) => Math.log((value + TINY) / (around[bin]! + TINY)));
  const at = (amount: number): Float64Array => {
    const sharp = logs.map((distance, bin) => (around[bin]! + TINY) * Math.exp(distance * amount));
    const now = powerAround(sharp);
    return sharp.map((value, bin) => (value * around[bin]!) / (now[bin]! + TINY));
  };
  return sought(at, { least: 1, most: STRETCH_MOST }, (flat) => flat <= wanted);
}

/** What a band of the texture has been filled up by is noise. */
function addTexture(texture: Float32Array, before: Float64Array, after: Float64Array): void {
  const gained = new Float64Array(TEXTURE_BANDS);
  const counts = new Float64Array(TEXTURE_BANDS);
  for (let bin = FIRST_BIN; bin < BIN_COUNT; bin += 1) {
    const band = bandOfBin[bin]!;
    const ratio = (before[bin]! + TINY) / (after[bin]! + TINY);
    gained[band] = gained[band]! + Math.max(0, 1 - ratio);
    counts[band] = counts[band]! + 1;
  }
  for (let band = 0; band < TEXTURE_BANDS; band += 1) {
    const share = gained[band]! / Math.max(1, counts[band]!);
    texture[band] = 1 - (1 - texture[band]!) * (1 - share);
  }
}
