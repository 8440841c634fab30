/**
 * What the spectrum of a sound says: brightness, width, body, noisiness.
 *
 * Bins are gated at 60 dB below the loudest of their frame: under that the noise of the phases
 * would rule. A frame counts as much as its amplitude, and not at all when it is 50 dB below the
 * loudest one.
 *
 * Formulas: G. Peeters et al., "The Timbre Toolbox", JASA 130(5), 2011 (centroid and spread over
 * the logarithm of the frequency); flatness in bands: ISO/IEC 15938-4 (MPEG-7 audio), 2002.
 */

import { MODEL_RATE_HZ, type Spectrogram } from "../spectrogram.ts";

export interface SpectralDescription {
  /** Centroid: mean of log2(f / 1 kHz) weighted by magnitude, in octaves. */
  readonly brightness: number;
  /** Standard deviation of the same, in octaves. */
  readonly width: number;
  /** Share of power below 250 Hz, 10 log10, in dB, not under -50. */
  readonly body: number;
  /**
   * Flatness in bands of half an octave: mean of the bins' dB minus dB of their mean power, weighted
   * by the amplitude of the band. White noise has -2.5 dB, a tone -20 and less.
   */
  readonly noisiness: number;
}

/** How far below the loudest bin of its frame a bin still counts. */
export const GATE_DB = 60;
const FRAME_GATE_DB = 50;
/** The bins that are below 250 Hz end here. */
export const BODY_BINS = 11;
const BODY_LEAST_DB = -50;
/** Bins of 0 Hz are no sound. */
export const FIRST_BIN = 2;

/** Edges of the bands of noisiness in bins of 23 Hz: half octaves, at least 8 bins. */
export const noiseBandEdges: readonly number[] = edges(3, 700);

function edges(from: number, most: number): number[] {
  const list = [from];
  for (let at = from; at < most; list.push(at))
    at += Math.max(8, Math.round(at * (Math.SQRT2 - 1)));
  return list;
}

/** @param spectra Magnitudes, shape [frames, 1025], of a sound at 48 kHz. */
export function describeSpectra({ frameCount, binCount, data }: Spectrogram): SpectralDescription {
  const frames = Array.from({ length: frameCount }, (_, frame) =>
    describeFrame(data.subarray(frame * binCount, (frame + 1) * binCount)),
  );
  const loudest = frames.reduce((most, { amplitude }) => Math.max(most, amplitude), 0);
  const heard = frames.filter(({ amplitude }) => amplitude > loudest * 10 ** (-FRAME_GATE_DB / 20));
  const total = heard.reduce((sum, { amplitude }) => sum + amplitude, 0);
  const mean = (of: (frame: FrameDescription) => number): number =>
    total === 0 ? 0 : heard.reduce((sum, frame) => sum + frame.amplitude * of(frame), 0) / total;
  return {
    brightness: mean(({ brightness }) => brightness),
    width: mean(({ width }) => width),
    body: mean(({ body }) => body),
    noisiness: mean(({ noisiness }) => noisiness),
  };
}

interface FrameDescription extends SpectralDescription {
  readonly amplitude: number;
}

/** log2 of each bin's frequency in kHz. */
export const binOctaves: Float64Array = Float64Array.from({ length: 1025 }, (_, bin) =>
  Math.log2((Math.max(bin, 1) * MODEL_RATE_HZ) / 2048 / 1000),
);

function describeFrame(magnitudes: Float32Array): FrameDescription {
  let peak = 0;
  for (let bin = FIRST_BIN; bin < magnitudes.length; bin += 1) {
    if (magnitudes[bin]! > peak) peak = magnitudes[bin]!;
  }
  const least = peak * 10 ** (-GATE_DB / 20);
  let [sum, first, second, power, low] = [0, 0, 0, 0, 0];
  for (let bin = FIRST_BIN; bin < magnitudes.length; bin += 1) {
    const magnitude = magnitudes[bin]!;
    if (magnitude <= least) continue;
    const octave = binOctaves[bin]!;
    sum += magnitude;
    first += magnitude * octave;
    second += magnitude * octave * octave;
    power += magnitude * magnitude;
    if (bin < BODY_BINS) low += magnitude * magnitude;
  }
  if (sum === 0) return { amplitude: 0, brightness: 0, width: 0, body: 0, noisiness: 0 };
  const brightness = first / sum;
  return {
    amplitude: Math.sqrt(power),
    brightness,
    width: Math.sqrt(Math.max(0, second / sum - brightness * brightness)),
    body: Math.max(BODY_LEAST_DB, 10 * Math.log10(low / power + 1e-12)),
    noisiness: flatness(magnitudes, least),
  };
}

function flatness(magnitudes: Float32Array, least: number): number {
  let [total, weight] = [0, 0];
  for (let band = 0; band + 1 < noiseBandEdges.length; band += 1) {
    const [from, to] = [noiseBandEdges[band]!, noiseBandEdges[band + 1]!];
    let [logs, power] = [0, 0];
    for (let bin = from; bin < to; bin += 1) {
      const magnitude = Math.max(least, magnitudes[bin] ?? 0);
      logs += Math.log10(magnitude);
      power += magnitude * magnitude;
    }
    const count = to - from;
    const amplitude = Math.sqrt(power);
    // A band of which nothing rises above the gate has no texture to speak of.
    if (power <= least * least * count * 1.01) continue;
    total += amplitude * ((20 * logs) / count - 10 * Math.log10(power / count));
    weight += amplitude;
  }
  return weight > 0 ? total / weight : 0;
}
