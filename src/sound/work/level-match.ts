/** Two sounds as loud as each other, so that a comparison is not won by the louder one. */

import { decibelsToGain, gainToDecibels } from "../audio/decibel.ts";
import type { Sound } from "../audio/sound.ts";

export interface LevelMatched {
  /** As many as there were, in their order; the quietest is as it was. */
  readonly sounds: readonly Sound[];
  /** What each was turned down by, in dB: 0 or less. */
  readonly gainsDb: readonly number[];
}

/**
 * Turns all down to the quietest one. What counts is the mean power of the blocks of 50 ms that are
 * within 30 dB of the loudest block, over all channels; silence around a sound does not.
 */
export function levelMatched(sounds: readonly Sound[]): LevelMatched {
  const gainsDb = matchingGainsDb(sounds);
  return {
    gainsDb,
    sounds: sounds.map(({ sampleRate, channels }, i) => {
      const gain = decibelsToGain(gainsDb[i] ?? 0);
      return { sampleRate, channels: channels.map((one) => one.map((sample) => sample * gain)) };
    }),
  };
}

/** What each has to be turned down by to be as loud as the quietest, in dB: 0 or less. */
export function matchingGainsDb(sounds: readonly Sound[]): number[] {
  const levels = sounds.map(loudnessDb);
  const quietest = Math.min(...levels.filter(Number.isFinite));
  return levels.map((level) => (Number.isFinite(level) ? quietest - level : 0));
}

/**
 * Where the other sound goes on when it is switched to: at the same moment, or at its end where it
 * is shorter.
 */
export function samePosition(seconds: number, other: Sound): number {
  const length = (other.channels[0]?.length ?? 0) / other.sampleRate;
  return Math.min(Math.max(0, seconds), length);
}

const BLOCK_SECONDS = 0.05;
const GATE_DB = 30;

/** @returns -Infinity for silence. */
function loudnessDb({ sampleRate, channels }: Sound): number {
  const size = Math.max(1, Math.round(BLOCK_SECONDS * sampleRate));
  const length = channels[0]?.length ?? 0;
  const powers: number[] = [];
  for (let start = 0; start < length; start += size) {
    const end = Math.min(length, start + size);
    let sum = 0;
    for (const channel of channels) {
      for (let i = start; i < end; i += 1) sum += (channel[i] ?? 0) ** 2;
    }
    powers.push(sum / (end - start));
  }
  const gate = Math.max(...powers, 0) * decibelsToGain(-GATE_DB) ** 2;
  const heard = powers.filter((power) => power > 0 && power >= gate);
  const mean = heard.reduce((sum, power) => sum + power, 0) / Math.max(1, heard.length);
  return gainToDecibels(Math.sqrt(mean));
}
