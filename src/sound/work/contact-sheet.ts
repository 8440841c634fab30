/** Spectrograms of several sounds in one picture, to look at side by side. */

import { bandPower } from "../audio/filter-bank.ts";
import { melBank } from "../audio/mel.ts";
import { resample } from "../audio/resample.ts";
import type { Sound } from "../audio/sound.ts";
import { MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { magnitudes } from "../audio/stft.ts";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue, shape [height, width, 3]. */
  readonly pixels: Uint8Array;
}

const CELL_WIDTH = 240;
const CELL_HEIGHT = 128;
const GAP = 6;
const COLUMNS_MAX = 4;
/** What is this far under the loudest of its sound is black, in dB. */
const RANGE_DB = 80;

export interface SheetOptions {
  /** @default 4 at most */
  readonly columns?: number;
  /** What is white: the loudest of each sound, or that of all, where levels are to be compared. @default "each" */
  readonly loudest?: "each" | "all";
}

/**
 * From left to right and from the top down, all on one scale of time; pitch in mels upward to the
 * top of hearing, loudness by colour.
 */
export function contactSheet(sounds: readonly Sound[], options: SheetOptions = {}): Picture {
  const { columns = Math.max(1, Math.min(COLUMNS_MAX, sounds.length)), loudest = "each" } = options;
  const rows = Math.ceil(sounds.length / columns);
  const width = columns * (CELL_WIDTH + GAP) + GAP;
  const height = rows * (CELL_HEIGHT + GAP) + GAP;
  const pixels = new Uint8Array(3 * width * height).fill(BACKGROUND);
  const longest = Math.max(...sounds.map(secondsOf), 0.01);
  const powers = sounds.map(bandPowers);
  const peaks = powers.map(({ data }) => data.reduce((most, one) => Math.max(most, one), 1e-20));
  const peakOfAll = Math.max(...peaks, 1e-20);
  for (const [i, sound] of sounds.entries()) {
    const left = GAP + (i % columns) * (CELL_WIDTH + GAP);
    const top = GAP + Math.floor(i / columns) * (CELL_HEIGHT + GAP);
    const cell = {
      powers: powers[i] as BandPowers,
      peak: loudest === "all" ? peakOfAll : (peaks[i] ?? peakOfAll),
      share: secondsOf(sound) / longest,
    };
    paint(cell, (x, y, shade) => {
      pixels.set(colourOf(shade), 3 * ((top + y) * width + left + x));
    });
  }
  return { width, height, pixels };
}

const BACKGROUND = 40;

function secondsOf({ channels, sampleRate }: Sound): number {
  return (channels[0]?.length ?? 0) / sampleRate;
}

type BandPowers = ReturnType<typeof bandPower>;

/** Power in `CELL_HEIGHT` bands, frame by frame. */
function bandPowers({ channels, sampleRate }: Sound): BandPowers {
  const mono = resample(channels[0] ?? new Float32Array(1), sampleRate, MODEL_RATE_HZ);
  const spectrum = magnitudes(mono);
  const bank = melBank({
    ...{ bandCount: CELL_HEIGHT, binCount: spectrum.binCount, sampleRateHz: MODEL_RATE_HZ },
    ...{ scale: "htk", norm: "peak" },
  });
  return bandPower(bank, spectrum);
}

interface Cell {
  readonly powers: BandPowers;
  /** What is white. */
  readonly peak: number;
  /** Of the width that the sound fills. */
  readonly share: number;
}

function paint(
  { powers: { data, frameCount }, peak, share }: Cell,
  dot: (x: number, y: number, shade: number) => void,
): void {
  for (let x = 0; x < CELL_WIDTH; x += 1) {
    const frame = Math.floor((x / CELL_WIDTH / share) * frameCount);
    for (let y = 0; y < CELL_HEIGHT; y += 1) {
      const band = CELL_HEIGHT - 1 - y;
      const power = frame < frameCount ? (data[frame * CELL_HEIGHT + band] ?? 0) : 0;
      const decibels = 10 * Math.log10(Math.max(power / peak, 1e-12));
      dot(x, y, Math.max(0, 1 + decibels / RANGE_DB));
    }
  }
}

/** From black by violet and orange to near white. */
const COLOURS = [
  [0, 0, 4],
  [81, 18, 124],
  [183, 55, 121],
  [252, 137, 97],
  [252, 253, 191],
] as const;

/** @param shade 0 to 1. */
function colourOf(shade: number): number[] {
  const at = Math.min(1, shade) * (COLOURS.length - 1);
  const from = COLOURS[Math.floor(at)] ?? COLOURS[0];
  const to = COLOURS[Math.ceil(at)] ?? from;
  return from.map((value, i) => Math.round(value + ((to[i] ?? value) - value) * (at % 1)));
}
