/**
 * Data augmentation: small changes of pitch, speed, level, tone and hiss that keep the character of
 * a recording.
 *
 * They act on frames in dB relative to the file's loudest bin (as a model sees them), not on
 * samples, so that a trainer can draw fresh ones for every example. The drawn parameters are plain
 * JSON; applying them is deterministic, except for the hiss, which takes a seed of its own.
 */

import { below, type Random, seededRandom, uniform } from "../../random.ts";
import { FLOOR_DB, type Spectrogram } from "./spectrogram.ts";

export interface Augmentation {
  /** Up or down at the same length, in semitones. */
  readonly pitchSemitones: number;
  /** Tape speed: 1.1 is a tenth shorter and higher in pitch by the same factor. */
  readonly speed: number;
  readonly gainDb: number;
  /** How much louder the top of the spectrum gets than the bottom, in dB: half up, half down. */
  readonly tiltDb: number;
  /** One broad bump in the tone. */
  readonly bump: Bump;
  /** Hiss, or none. */
  readonly noise: Noise | null;
}

export interface Bump {
  readonly gainDb: number;
  /** Where it is highest, from 0 = 40 Hz to 1 = half the sample rate, evenly in octaves. */
  readonly position: number;
  /** Standard deviation, in octaves. */
  readonly widthOctaves: number;
}

export interface Noise {
  /** Power of the frames over power of the noise, both as means, in dB. */
  readonly snrDb: number;
  /** Slope of the noise, in dB per octave: 0 white, -3 pink. */
  readonly slopeDbPerOctave: number;
  readonly seed: number;
}

/** How far each change may go, to both sides unless it says otherwise. */
export interface AugmentationSettings {
  /** @default 2 */
  readonly pitchSemitones?: number;
  /** From 1 - this to 1 + this. @default 0.1 */
  readonly speedShare?: number;
  /** @default 6 */
  readonly gainDb?: number;
  /** @default 6 */
  readonly tiltDb?: number;
  /** @default 6 */
  readonly bumpDb?: number;
  /** How often there is noise, from 0 to 1. @default 0: a model learns hiss as hiss */
  readonly noiseShare?: number;
}

/** The noise drawn lies between these, in dB under the sound. */
const NOISE_SNR_DB = { least: 15, most: 40 } as const;

/** Changes nothing, to the last bit. */
export const neutralAugmentation: Augmentation = {
  pitchSemitones: 0,
  speed: 1,
  gainDb: 0,
  tiltDb: 0,
  bump: { gainDb: 0, position: 0.5, widthOctaves: 1 },
  noise: null,
};

/** Draws the same number of random numbers for all settings, so that seeds stay comparable. */
export function drawAugmentation(
  random: Random,
  settings: AugmentationSettings = {},
): Augmentation {
  const { pitchSemitones = 2, speedShare = 0.1, gainDb = 6 } = settings;
  const { tiltDb = 6, bumpDb = 6, noiseShare = 0 } = settings;
  const within = (limit: number): number => uniform(random, -limit, limit);
  const parameters = {
    pitchSemitones: within(pitchSemitones),
    speed: 1 + within(speedShare),
    gainDb: within(gainDb),
    tiltDb: within(tiltDb),
    bump: {
      gainDb: within(bumpDb),
      position: random.next(),
      widthOctaves: uniform(random, 0.7, 2),
    },
  };
  const noisy = random.next() < noiseShare;
  const noise: Noise = {
    snrDb: uniform(random, NOISE_SNR_DB.least, NOISE_SNR_DB.most),
    slopeDbPerOctave: uniform(random, -3, 0),
    seed: below(random, 2 ** 32),
  };
  return { ...parameters, noise: noisy ? noise : null };
}

/** Frames of the source that `frameCount` frames come from: fewer or more where speed is not 1. */
export function sourceFrameCount(frameCount: number, { speed }: Augmentation): number {
  return Math.ceil((frameCount - 1) * speed) + 1;
}

/** Frames that a whole recording of `frameCount` frames becomes. */
export function augmentedFrameCount(frameCount: number, { speed }: Augmentation): number {
  return Math.floor((frameCount - 1) / speed) + 1;
}

export interface ApplyOptions {
  /** The first frame of the source, in frames; fractions are allowed. @default 0 */
  readonly firstFrame?: number;
  /** Of the sound behind the spectra, for where octaves lie. @default 48000 */
  readonly sampleRateHz?: number;
  /** The level of silence in the frames, in dB. @default FLOOR_DB */
  readonly floorDb?: number;
  /** Where to write; its size says how many frames to make. @default augmentedFrameCount frames */
  readonly out?: Spectrogram;
}

/**
 * The augmented frames, in dB, never below the floor. Levels may exceed 0 dB.
 *
 * Output frame f is taken at source frame firstFrame + f * speed, output bin b at source bin
 * b / (speed * 2^(semitones / 12)), both by linear interpolation in dB. What lies beyond the
 * source is at the floor.
 *
 * @param frames dB frames, none under the floor.
 */
export function applyAugmentation(
  frames: Spectrogram,
  augmentation: Augmentation,
  options: ApplyOptions = {},
): Spectrogram {
  const { firstFrame = 0, sampleRateHz = 48_000, floorDb = FLOOR_DB } = options;
  const { out = emptyFrames(augmentedFrameCount(frames.frameCount, augmentation), frames) } =
    options;
  const { binCount } = frames;
  if (out.binCount !== binCount) {
    throw new RangeError(`Cannot write frames of ${binCount} bins into frames of ${out.binCount}`);
  }
  const table = binTable(augmentation, { binCount, sampleRateHz, floorDb });
  // Two bins at the floor follow the frame: what lies beyond the source.
  const mixed = new Float32Array(binCount + 2).fill(floorDb);
  for (let frame = 0; frame < out.frameCount; frame += 1) {
    mixFrames(frames, firstFrame + frame * augmentation.speed, mixed);
    writeBins(table, mixed, out.data.subarray(frame * binCount, (frame + 1) * binCount));
  }
  if (augmentation.noise !== null) addNoise(out, augmentation.noise, { sampleRateHz, floorDb });
  return out;
}

// --- internal ---

/**
 * From this far above the floor a gain applies in full; below, less of it, so that silence stays
 * silent.
 */
const KNEE_DB = 20;

/** A slope so steep that an offset always applies in full. */
const AT_ONCE = 1e9;

const LOWEST_OCTAVE_HZ = 40;

function emptyFrames(frameCount: number, { binCount }: Spectrogram): Spectrogram {
  return { frameCount, binCount, data: new Float32Array(frameCount * binCount) };
}

/** What happens to each bin of every frame alike. */
interface BinTable {
  /** The source bin below, shape [binCount]; binCount where there is none. */
  readonly sources: Int32Array;
  /** Share of the source bin above, from 0 to 1. */
  readonly weights: Float32Array;
  /** Gain and tone, in dB. */
  readonly offsetsDb: Float32Array;
  /** dB gained per dB above the floor, until the whole offset is reached. */
  readonly slopes: Float32Array;
  /** The level of silence, in dB. */
  readonly floorDb: number;
}

function binTable(
  augmentation: Augmentation,
  layout: { readonly binCount: number; readonly sampleRateHz: number; readonly floorDb: number },
): BinTable {
  const { binCount, sampleRateHz, floorDb } = layout;
  const { pitchSemitones, speed, gainDb, tiltDb, bump } = augmentation;
  const ratio = speed * 2 ** (pitchSemitones / 12);
  const sources = new Int32Array(binCount);
  const weights = new Float32Array(binCount);
  const offsetsDb = new Float32Array(binCount);
  const slopes = new Float32Array(binCount);
  const binHz = sampleRateHz / 2 / (binCount - 1);
  const octaves = Math.log2(sampleRateHz / 2 / LOWEST_OCTAVE_HZ);
  for (let bin = 0; bin < binCount; bin += 1) {
    const place = bin / ratio;
    const inside = place <= binCount - 1;
    sources[bin] = inside ? Math.floor(place) : binCount;
    weights[bin] = inside ? place - Math.floor(place) : 0;
    const octave = Math.log2(Math.max(bin * binHz, LOWEST_OCTAVE_HZ) / LOWEST_OCTAVE_HZ);
    const away = (octave - bump.position * octaves) / bump.widthOctaves;
    const tone = tiltDb * (octave / octaves - 0.5) + bump.gainDb * Math.exp(-0.5 * away * away);
    offsetsDb[bin] = gainDb + tone;
    slopes[bin] = gainDb + tone > 0 ? (gainDb + tone) / KNEE_DB : AT_ONCE;
  }
  return { sources, weights, offsetsDb, slopes, floorDb };
}

/** The source at a moment between two frames, in dB; at the floor outside. Shape of `mixed`: [bins + 2]. */
function mixFrames(
  { frameCount, binCount, data }: Spectrogram,
  at: number,
  mixed: Float32Array,
): void {
  const before = Math.floor(at);
  const share = at - before;
  const row = before * binCount;
  if (before < 0 || before >= frameCount) {
    // The last two bins of `mixed` are always at the floor.
    mixed.fill(mixed[binCount]!);
  } else if (share === 0 || before + 1 === frameCount) {
    mixed.set(data.subarray(row, row + binCount));
  } else {
    for (let bin = 0; bin < binCount; bin += 1) {
      const first = data[row + bin]!;
      mixed[bin] = first + share * (data[row + binCount + bin]! - first);
    }
  }
}

function writeBins(table: BinTable, mixed: Float32Array, out: Float32Array): void {
  const { sources, weights, offsetsDb, slopes, floorDb } = table;
  for (let bin = 0; bin < out.length; bin += 1) {
    const source = sources[bin]!;
    const low = mixed[source]!;
    const value = low + weights[bin]! * (mixed[source + 1]! - low);
    const moved = value + Math.min(offsetsDb[bin]!, slopes[bin]! * (value - floorDb));
    out[bin] = Math.max(moved, floorDb);
  }
}

/** Adds the power of a noise; each bin of it has the exponential distribution that noise has. */
function addNoise(
  frames: Spectrogram,
  noise: Noise,
  { sampleRateHz, floorDb }: { readonly sampleRateHz: number; readonly floorDb: number },
): void {
  const { frameCount, binCount, data } = frames;
  const random = seededRandom(noise.seed);
  let power = 0;
  for (let i = 0; i < data.length; i += 1) power += data[i]! > floorDb ? toPower(data[i]!) : 0;
  const perFrame = power / frameCount / 10 ** (noise.snrDb / 10);
  const shape = noiseShape(noise, { binCount, sampleRateHz });
  for (let frame = 0; frame < frameCount; frame += 1) {
    const row = frame * binCount;
    for (let bin = 0; bin < binCount; bin += 1) {
      const added = perFrame * shape[bin]! * -Math.log(1 - random.next());
      const sum = toPower(data[row + bin]!) + added;
      data[row + bin] = Math.max(floorDb, 10 * Math.log10(sum));
    }
  }
}

/** Share of the noise's power in each bin; they sum to 1. */
function noiseShape(
  { slopeDbPerOctave }: Noise,
  { binCount, sampleRateHz }: { readonly binCount: number; readonly sampleRateHz: number },
): Float64Array {
  const binHz = sampleRateHz / 2 / (binCount - 1);
  const shape = Float64Array.from({ length: binCount }, (_, bin) =>
    toPower(slopeDbPerOctave * Math.log2(Math.max(bin * binHz, LOWEST_OCTAVE_HZ))),
  );
  const sum = shape.reduce((total, share) => total + share, 0);
  return shape.map((share) => share / sum);
}

function toPower(decibels: number): number {
  return Math.exp(decibels * (Math.LN10 / 10));
}
