/**
 * Measures the roughness of the corpus around each latent vector, and restores it in new sounds.
 *
 * A decoder learns the mean of each bin. The bins of breath, cymbals and rain fluctuate around that
 * mean; without the fluctuation they become smooth spectra, which buzz. So the deviation of the
 * recording from the decoded bins is measured for each latent vector of the corpus, and sounds
 * generated near it get that much of the spectrum of white noise, with its phases.
 */

import type { ComplexSpectrogram } from "../audio/stft.ts";
import { BIN_COUNT, TEXTURE_BANDS } from "../model/bands.ts";
import { neighbourShares } from "./neighbour-shares.ts";

/** Mean distance of white noise's levels from their median, in dB: a texture of 1. */
const NOISE_DEVIATION_DB = 4.4;

/** The distance in good reconstructions of steady tones: a texture of 0. */
const TONE_DEVIATION_DB = 1.5;

/** Levels this close to silence are ignored. */
const AUDIBLE_DB = -70;

/** Decoded levels below this count as silence: clamped when compared, and given no texture. */
const LEVEL_LIMIT_DB = -90;

/** Of a power. */
const DB_PER_NEPER = 10 / Math.LN10;

/** Median of white noise's level below the level of its mean power: 10 log10(ln 2). */
const NOISE_MEDIAN_DB = 10 * Math.log10(Math.LN2);

/** Where the first band begins to count in octaves: 94 Hz. */
const LOWEST_BIN = 4;

/** Band of each bin, evenly in log frequency from 4 bins up. */
export const bandOfBin: Uint8Array = Uint8Array.from({ length: BIN_COUNT }, (_, bin) => {
  const octaves = Math.log2(Math.max(bin, LOWEST_BIN) / LOWEST_BIN);
  const all = Math.log2((BIN_COUNT - 1) / LOWEST_BIN);
  return Math.min(TEXTURE_BANDS - 1, Math.floor((TEXTURE_BANDS * octaves) / all));
});

/**
 * Roughness of a recording, from 0 (as decoded) to 1 (white noise around it).
 *
 * @param actual Decibels, shape [frames, BIN_COUNT].
 * @param decoded The same frames from their latents.
 * @returns Shape [latentCount, TEXTURE_BANDS].
 */
export function textureOf(
  actual: Float32Array,
  decoded: Float32Array,
  {
    latentCount,
    framesPerLatent,
  }: { readonly latentCount: number; readonly framesPerLatent: number },
): Float32Array {
  const sums = new Float64Array(latentCount * TEXTURE_BANDS);
  const counts = new Float64Array(latentCount * TEXTURE_BANDS);
  for (let i = 0; i < actual.length; i += 1) {
    if (actual[i]! < AUDIBLE_DB && decoded[i]! < AUDIBLE_DB) continue;
    const frame = Math.floor(i / BIN_COUNT);
    const row = Math.min(latentCount - 1, Math.floor(frame / framesPerLatent));
    const at = row * TEXTURE_BANDS + bandOfBin[i % BIN_COUNT]!;
    sums[at] = sums[at]! + Math.abs(actual[i]! - Math.max(decoded[i]!, LEVEL_LIMIT_DB));
    counts[at] = counts[at]! + 1;
  }
  return Float32Array.from(sums, (sum, at) => {
    const deviation = counts[at]! > 0 ? sum / counts[at]! : 0;
    const share = (deviation - TONE_DEVIATION_DB) / (NOISE_DEVIATION_DB - TONE_DEVIATION_DB);
    return Math.min(1, Math.max(0, share));
  });
}

/** The corpus' latent vectors with their textures. */
export interface TexturedCloud {
  /** Shape [count, size]. */
  readonly vectors: Float32Array;
  readonly size: number;
  /** Shape [count, TEXTURE_BANDS]. */
  readonly texture: Float32Array;
}

/** Roughness along a path: that of the corpus around each of its points. Shape [latents, TEXTURE_BANDS]. */
export function textureAlong(path: Float32Array, cloud: TexturedCloud): Float32Array {
  const { size, texture } = cloud;
  const latents = path.length / size;
  const along = new Float32Array(latents * TEXTURE_BANDS);
  for (let i = 0; i < latents; i += 1) {
    const point = path.subarray(i * size, (i + 1) * size);
    for (const { row, share } of neighbourShares(point, cloud)) {
      for (let band = 0; band < TEXTURE_BANDS; band += 1) {
        const at = i * TEXTURE_BANDS + band;
        along[at] = along[at]! + share * texture[row * TEXTURE_BANDS + band]!;
      }
    }
  }
  return along;
}

interface RoughOptions {
  readonly framesPerLatent: number;
  readonly noise: NoiseSource;
}

export interface Roughened {
  /** Decibels, shape [frames, BIN_COUNT]. */
  readonly levels: Float32Array;
  /** Phases of the noise in radians where the texture is more noise than tone, else NaN. */
  readonly phases: Float32Array;
}

/**
 * Levels with the fluctuation of white noise added, as much as the texture says.
 *
 * @param levels Decibels, shape [frames, BIN_COUNT].
 * @param texture Shape [latents, TEXTURE_BANDS].
 */
export function roughened(
  levels: Float32Array,
  texture: Float32Array,
  { framesPerLatent, noise }: RoughOptions,
): Roughened {
  const frameCount = levels.length / BIN_COUNT;
  const latents = texture.length / TEXTURE_BANDS;
  const rough = levels.slice();
  const phases = new Float32Array(levels.length);
  for (let frame = 0; frame < frameCount; frame += 1) {
    const row = Math.min(latents - 1, Math.floor(frame / framesPerLatent));
    const [from, to] = [frame * BIN_COUNT, (frame + 1) * BIN_COUNT];
    roughenFrame(
      { levels: rough.subarray(from, to), phases: phases.subarray(from, to) },
      texture.subarray(row * TEXTURE_BANDS, (row + 1) * TEXTURE_BANDS),
      noise,
    );
  }
  return { levels: rough, phases };
}

/** White noise, frame by frame. */
export interface NoiseSource {
  /** The next frame; overwritten by the next call. */
  next(): NoiseFrame;
  /** Goes on by a frame that nobody needs. */
  skip(): void;
}

/** The spectrum of a frame of white noise. */
export interface NoiseFrame {
  /** Shapes [BIN_COUNT]. */
  readonly re: Float32Array;
  readonly im: Float32Array;
  /** Of such noise, over bins and frames. */
  readonly meanPower: number;
}

/**
 * One frame of `roughened`, in place.
 *
 * @param frame Both shapes [BIN_COUNT]; the phases that were there do not matter.
 * @param texture Shape [TEXTURE_BANDS].
 */
export function roughenFrame(
  { levels, phases }: Roughened,
  texture: Float32Array,
  noise: NoiseSource,
): void {
  // A tone without any roughness has nothing to look for: live, this is each frame of each voice.
  if (texture.every((share) => share === 0)) {
    phases.fill(Number.NaN, 0, BIN_COUNT);
    noise.skip();
    return;
  }
  const { re, im, meanPower: power } = noise.next();
  const noisy = noisyShares(levels);
  for (let bin = 0; bin < BIN_COUNT; bin += 1) {
    const share = texture[bandOfBin[bin]!]! * noisy[bin]!;
    phases[bin] = Number.NaN;
    if (share === 0 || levels[bin]! < LEVEL_LIMIT_DB) continue;
    const relative = (re[bin]! ** 2 + im[bin]! ** 2) / power;
    const above = DB_PER_NEPER * Math.log(relative + 1e-9) - NOISE_MEDIAN_DB;
    levels[bin] = levels[bin]! + share * above;
    if (share > 0.5) phases[bin] = Math.atan2(im[bin]!, re[bin]!);
  }
}

/** How far a partial stands out of its surroundings, in dB: nothing up to the first is one. */
const STANDING_OUT_DB = { least: 6, most: 12 } as const;
/** Bins to each side that are the surroundings: several partials of all but the highest pitches. */
const SURROUNDINGS = 12;

/**
 * How much of each bin may be noise: 0 at partials, which stand out of their surroundings, and
 * beside them, where the window spreads them; 1 between partials and where nothing stands out. A
 * partial that fluctuated would be hoarse, and fill the valleys beside it.
 *
 * @param levels Decibels of a decoded frame, shape [BIN_COUNT].
 */
function noisyShares(levels: Float32Array): Float32Array {
  const sums = new Float64Array(BIN_COUNT + 1);
  for (let bin = 0; bin < BIN_COUNT; bin += 1) {
    sums[bin + 1] = sums[bin]! + Math.max(levels[bin]!, LEVEL_LIMIT_DB);
  }
  const above = new Float32Array(BIN_COUNT);
  for (let bin = 0; bin < BIN_COUNT; bin += 1) {
    const from = Math.max(0, bin - SURROUNDINGS);
    const to = Math.min(BIN_COUNT, bin + SURROUNDINGS + 1);
    above[bin] = Math.max(levels[bin]!, LEVEL_LIMIT_DB) - (sums[to]! - sums[from]!) / (to - from);
  }
  const { least, most } = STANDING_OUT_DB;
  const shares = new Float32Array(BIN_COUNT);
  for (let bin = 0; bin < BIN_COUNT; bin += 1) {
    const below = above[Math.max(0, bin - 1)]!;
    const beyond = above[Math.min(BIN_COUNT - 1, bin + 1)]!;
    const highest = Math.max(above[bin]!, below, beyond);
    shares[bin] = 1 - Math.min(1, Math.max(0, (highest - least) / (most - least)));
  }
  return shares;
}

/** The frames of spectra in turn. */
export function noiseOfSpectra({ re, im, binCount }: ComplexSpectrogram): NoiseSource {
  let power = 0;
  for (let i = 0; i < re.length; i += 1) power += re[i]! ** 2 + im[i]! ** 2;
  const meanPower = power / re.length;
  let frame = 0;
  return {
    skip: () => {
      frame += 1;
    },
    next: () => {
      const [from, to] = [frame * binCount, (frame + 1) * binCount];
      frame += 1;
      return { re: re.subarray(from, to), im: im.subarray(from, to), meanPower };
    },
  };
}
