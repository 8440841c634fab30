/** A sheet of spectrograms side by side: time to the right, octaves upward, 80 dB from black to white. */

import { resample } from "../audio/resample.ts";
import type { Sound } from "../audio/sound.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { magnitudes } from "../audio/stft.ts";

const HEIGHT = 240;
const WIDTH_MOST = 200;
const GAP = 4;
const LOWEST_HZ = 40;
const HIGHEST_HZ = 20_000;
const RANGE_DB = 80;

/** All on one scale of time and level, so that they can be compared. */
export function spectrogramSheet(sounds: readonly Sound[]): {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
} {
  const pictures = sounds.map(({ channels, sampleRate }) =>
    magnitudes(resample(channels[0]!, sampleRate, MODEL_RATE_HZ)),
  );
  const longest = pictures.reduce((most, { frameCount }) => Math.max(most, frameCount), 1);
  const columns = Math.min(WIDTH_MOST, longest);
  const width = pictures.length * (columns + GAP) - GAP;
  let peak = 1e-9;
  for (const { data } of pictures) for (const value of data) peak = Math.max(peak, value);
  const pixels = new Uint8Array(width * HEIGHT);
  for (const [k, { data, frameCount, binCount }] of pictures.entries()) {
    for (let x = 0; x < columns; x += 1) {
      const frame = Math.floor((x * longest) / columns);
      for (let y = 0; y < HEIGHT; y += 1) {
        const hertz = LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** (1 - y / (HEIGHT - 1));
        const bin = Math.round((hertz / MODEL_RATE_HZ) * 2 * (binCount - 1));
        const value = frame < frameCount ? data[frame * binCount + bin]! : 0;
        const level = 1 + (20 * Math.log10(value / peak + 1e-9)) / RANGE_DB;
        pixels[y * width + k * (columns + GAP) + x] = Math.round(
          255 * Math.min(1, Math.max(0, level)),
        );
      }
    }
    if (k === 0) continue;
    for (let y = 0; y < HEIGHT; y += 1) {
      pixels.fill(255, y * width + k * (columns + GAP) - GAP, y * width + k * (columns + GAP));
    }
  }
  return { width, height: HEIGHT, pixels };
}
