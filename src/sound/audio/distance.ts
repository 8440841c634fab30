/**
 * Objective distances between a reconstruction and a recording, without a learned model.
 *
 * Defined and computed like the project's independent reference (docs/log.md): frames of 2048
 * samples every 512, periodic Hann, centred, one frame more than our models use; magnitudes are
 * raised to -80 dB of the reference's largest. For comparable numbers, pass mono sounds at 44,100
 * Hz.
 */

import { decibelsToGain, gainToDecibels, peakMagnitude } from "./decibel.ts";
import { bandPower } from "./filter-bank.ts";
import { rootMeanSquare } from "./level.ts";
import { melBank } from "./mel.ts";
import { correlation, movingRms } from "./moving-rms.ts";
import { FLOOR_DB, frameCountOf, type Spectrogram, type StftShape } from "./spectrogram.ts";
import { magnitudes } from "./stft.ts";

/** All are distances, 0 = identical, unless said otherwise. */
export interface PairDistances {
  /** Log-spectral distance: mean over frames of the RMS over bins of the difference, in dB. */
  readonly lsdDb: number;
  /** The same over frames within 60 dB of the reference's loudest. */
  readonly lsdActiveDb: number;
  /** Mean absolute difference of 128 HTK mel bands (power, no area norm), in dB. */
  readonly melL1Db: number;
  readonly melL1ActiveDb: number;
  /** Norm of the difference of the magnitudes over the norm of the reference's. */
  readonly spectralConvergence: number;
  /** Mean over frames of 2048 to 128 samples of relative L2 + mean |difference of ln|. */
  readonly multiScale: number;
  /** Mean absolute difference of the RMS of 400 ms, every 100 ms, before level matching, in dB. */
  readonly loudnessDb: number;
  /** Level of the reconstruction over that of the reference, in dB; signed. */
  readonly levelDb: number;
  /** Correlation of the 10 ms envelopes, from -1 to 1 = the same. */
  readonly envelopeCorrelation: number;
}

/**
 * Compares two mono sounds of one rate. The reconstruction is cut or padded to the reference's
 * length, and all but `loudnessDb` and `levelDb` is taken after giving it the reference's RMS.
 *
 * @returns undefined if the reference is silent: there is nothing to compare with.
 */
export function pairDistances(pair: SoundPair): PairDistances | undefined {
  const { reference, sampleRateHz } = pair;
  const reconstruction = toLength(pair.reconstruction, reference.length);
  const referenceRms = rootMeanSquare(reference);
  const reconstructionRms = rootMeanSquare(reconstruction);
  if (referenceRms === 0) return undefined;
  const levelGain = Math.max(reconstructionRms, 1e-9 * referenceRms) / referenceRms;
  const loudnessDb = loudnessDistance({ reference, reconstruction, sampleRateHz });

  const scale = 1 / largest(reference);
  const match = reconstructionRms > 0 ? scale * (referenceRms / reconstructionRms) : 1;
  const x = reference.map((sample) => sample * scale);
  const y = reconstruction.map((sample) => sample * match);
  const main = spectralDistances({ reference: x, reconstruction: y, sampleRateHz });
  return {
    ...main,
    multiScale: multiScaleDistance(x, y),
    loudnessDb,
    levelDb: gainToDecibels(levelGain),
    envelopeCorrelation: correlation(
      movingRms(x, {
        length: Math.round(0.01 * sampleRateHz),
        hop: Math.round(0.01 * sampleRateHz),
      }),
      movingRms(y, {
        length: Math.round(0.01 * sampleRateHz),
        hop: Math.round(0.01 * sampleRateHz),
      }),
    ),
  };
}

export interface SoundPair {
  /** Mono, shape [time]. */
  readonly reference: Float32Array;
  /** Mono, any length. */
  readonly reconstruction: Float32Array;
  readonly sampleRateHz: number;
}

/** Mean over both rows and columns, the median and the worst of each distance over many files. */
export function summarise(rows: readonly PairDistances[]): Summary {
  const keys = Object.keys(rows[0] ?? {}) as (keyof PairDistances)[];
  return Object.fromEntries(
    keys.map((key) => {
      const values = rows.map((row) => row[key]).sort((a, b) => a - b);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const middle = (values.length - 1) / 2;
      const median = (values[Math.floor(middle)]! + values[Math.ceil(middle)]!) / 2;
      const [least, most] = [values[0]!, values[values.length - 1]!];
      return [key, { mean, median, worst: worstOf(key, least, most) }];
    }),
  ) as Summary;
}

export type Summary = {
  readonly [K in keyof PairDistances]: {
    readonly mean: number;
    readonly median: number;
    readonly worst: number;
  };
};

// --- internal ---

const SCALES = [2048, 1024, 512, 256, 128];
const MAIN_SHAPE: StftShape = { frameLength: 2048, hopLength: 512 };
const MEL_BANDS = 128;
/** Frames with less energy than this share of the loudest one's are not active: -60 dB. */
const ACTIVE_SHARE = 1e-6;
const LOUDNESS_FLOOR = 1e-3;

function worstOf(key: keyof PairDistances, least: number, most: number): number {
  if (key === "envelopeCorrelation") return least;
  return -least > most ? least : most;
}

/** The reference pads by half a frame on both sides and one hop: one frame more than ours. */
function frames(samples: Float32Array, shape: StftShape): Spectrogram {
  return magnitudes(samples, shape, frameCountOf(samples.length, shape) + 1);
}

type SpectralDistances = Pick<
  PairDistances,
  "lsdDb" | "lsdActiveDb" | "melL1Db" | "melL1ActiveDb" | "spectralConvergence"
>;

function spectralDistances({
  reference,
  reconstruction,
  sampleRateHz,
}: SoundPair): SpectralDistances {
  const x = frames(reference, MAIN_SHAPE);
  const y = frames(reconstruction, MAIN_SHAPE);
  const active = activeFrames(x);
  const squares = rowMeans(x, y, {
    floor: peakMagnitude(x) * decibelsToGain(FLOOR_DB),
    measure: (a, b) => (20 * Math.log10(a / b)) ** 2,
  });
  const lsd = squares.map(Math.sqrt);
  const bank = melBank({
    bandCount: MEL_BANDS,
    binCount: x.binCount,
    sampleRateHz,
    scale: "htk",
    norm: "peak",
  });
  const melX = bandPower(bank, x);
  const mel = rowMeans(melX, bandPower(bank, y), {
    floor: peakMagnitude(melX) * decibelsToGain(FLOOR_DB) ** 2,
    measure: (a, b) => Math.abs(10 * Math.log10(a / b)),
  });
  return {
    lsdDb: mean(lsd),
    lsdActiveDb: mean(lsd.filter((_, frame) => active[frame])),
    melL1Db: mean(mel),
    melL1ActiveDb: mean(mel.filter((_, frame) => active[frame])),
    spectralConvergence: relativeDistance(x, y),
  };
}

function multiScaleDistance(reference: Float32Array, reconstruction: Float32Array): number {
  const distances = SCALES.map((frameLength) => {
    const shape = { frameLength, hopLength: frameLength / 4 };
    const x = frames(reference, shape);
    const y = frames(reconstruction, shape);
    const floor = peakMagnitude(x) * decibelsToGain(FLOOR_DB);
    const logs = rowMeans(x, y, { floor, measure: (a, b) => Math.abs(Math.log(a / b)) });
    return relativeDistance(x, y) + mean(logs);
  });
  return mean(distances);
}

function loudnessDistance({ reference, reconstruction, sampleRateHz }: SoundPair): number {
  const window = { length: Math.round(0.4 * sampleRateHz), hop: Math.round(0.1 * sampleRateHz) };
  const x = movingRms(reference, window);
  const y = movingRms(reconstruction, window);
  const floor = largest(x) * LOUDNESS_FLOOR;
  const gaps: number[] = [];
  for (let i = 0; i < x.length; i += 1) {
    if (x[i]! > floor) gaps.push(Math.abs(gainToDecibels(Math.max(y[i]!, floor) / x[i]!)));
  }
  return mean(gaps);
}

interface Measure {
  /** Values are raised to this first. */
  readonly floor: number;
  measure(a: number, b: number): number;
}

/** The mean of a measure over the bins of each frame, shape [frameCount]. */
function rowMeans(x: Spectrogram, y: Spectrogram, { floor, measure }: Measure): number[] {
  const means: number[] = [];
  for (let frame = 0; frame < x.frameCount; frame += 1) {
    let sum = 0;
    for (let i = frame * x.binCount; i < (frame + 1) * x.binCount; i += 1) {
      sum += measure(Math.max(x.data[i]!, floor), Math.max(y.data[i]!, floor));
    }
    means.push(sum / x.binCount);
  }
  return means;
}

function activeFrames({ frameCount, binCount, data }: Spectrogram): boolean[] {
  const energies = Array.from({ length: frameCount }, (_, frame) => {
    let energy = 0;
    for (let i = frame * binCount; i < (frame + 1) * binCount; i += 1) energy += data[i]! ** 2;
    return energy;
  });
  const least = largest(energies) * ACTIVE_SHARE;
  return energies.map((energy) => energy > least);
}

function relativeDistance(x: Spectrogram, y: Spectrogram): number {
  let gap = 0;
  let whole = 0;
  for (let i = 0; i < x.data.length; i += 1) {
    gap += (x.data[i]! - y.data[i]!) ** 2;
    whole += x.data[i]! ** 2;
  }
  return Math.sqrt(gap / whole);
}

function toLength(samples: Float32Array, length: number): Float32Array {
  const result = new Float32Array(length);
  result.set(samples.subarray(0, length));
  return result;
}

function largest(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i += 1) most = Math.max(most, Math.abs(values[i]!));
  return most;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
