/** A sound as a picture: time to the right, pitch upwards on a scale of octaves, level as strength. */

import { defaultStft } from "../../sound/audio/spectrogram.ts";
import { magnitudes } from "../../sound/audio/stft.ts";

export interface SoundPicture {
  readonly columns: number;
  readonly rows: number;
  /** 0 to 1, from -70 dB below the loudest up to it; row by row, the highest pitch first. */
  readonly strengths: Float32Array;
}

const ROWS = 160;
const COLUMNS_MAX = 1200;
const LOWEST_HZ = 40;
const HIGHEST_HZ = 18_000;
const RANGE_DB = 70;

/** @param samples Mono, shape [time]. */
export function pictureOfSound(samples: Float32Array, sampleRateHz: number): SoundPicture {
  const hopLength = Math.max(
    defaultStft.hopLength / 2,
    2 ** Math.ceil(Math.log2(samples.length / COLUMNS_MAX)),
  );
  const { frameLength } = defaultStft;
  const shape = { frameLength, hopLength: Math.min(hopLength, frameLength) };
  const { data, frameCount, binCount } = magnitudes(samples, shape);
  const strengths = new Float32Array(ROWS * frameCount);
  const edges = Array.from({ length: ROWS + 1 }, (_, row) => {
    const hz = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (row / ROWS);
    return (hz * frameLength) / sampleRateHz;
  });
  let loudest = 1e-12;
  for (let row = 0; row < ROWS; row += 1) {
    const [from = 0, to = 0] = [edges[row], edges[row + 1]];
    for (let frame = 0; frame < frameCount; frame += 1) {
      const value = strongest(data, frame * binCount, { from, to, binCount });
      strengths[(ROWS - 1 - row) * frameCount + frame] = value;
      if (value > loudest) loudest = value;
    }
  }
  for (let i = 0; i < strengths.length; i += 1) {
    const db = 20 * Math.log10((strengths[i] ?? 0) / loudest + 1e-12);
    strengths[i] = Math.max(0, 1 + db / RANGE_DB);
  }
  return { columns: frameCount, rows: ROWS, strengths };
}

interface Band {
  /** Bins, with fractions. */
  readonly from: number;
  readonly to: number;
  readonly binCount: number;
}

/** Of a band that is narrower than a bin, what lies between two bins. */
function strongest(data: Float32Array, start: number, { from, to, binCount }: Band): number {
  const low = Math.min(binCount - 2, Math.floor(from));
  const share = from - low;
  let value = (data[start + low] ?? 0) * (1 - share) + (data[start + low + 1] ?? 0) * share;
  for (let bin = Math.ceil(from); bin < Math.min(to, binCount); bin += 1) {
    value = Math.max(value, data[start + bin] ?? 0);
  }
  return value;
}
