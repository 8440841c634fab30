/** Which recording a sampler plays for which note; the formats of instruments are written from it. */

import type { SampleLoop } from "../codecs/wav-music-chunks.ts";

export interface SampleMap {
  readonly name: string;
  /** Recordings that take turns for the same note. */
  readonly roundRobins: number;
  /** Time that a note takes to die away when its key is released. */
  readonly releaseSeconds: number;
  readonly samples: readonly MappedSample[];
}

export interface MappedSample {
  /** Of its WAV file, without its folder. */
  readonly file: string;
  /** MIDI note that it plays as it is, 0 to 127; it is tuned to it. */
  readonly rootKey: number;
  readonly lowKey: number;
  readonly highKey: number;
  /** 1 to 127. */
  readonly lowVelocity: number;
  readonly highVelocity: number;
  /** Its turn, from 1. */
  readonly roundRobin: number;
  /** In hertz. */
  readonly sampleRate: number;
  /** In samples. */
  readonly length: number;
  readonly loop?: SampleLoop;
}

/** How much of the level follows the velocity, 0 to 1; the rest is in the recordings. */
export const VELOCITY_TRACKING = 0.7;

const NAMES = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

/** "A#3" of 58: middle C, 60, is C4. */
export function keyName(key: number): string {
  return `${NAMES[((key % 12) + 12) % 12]}${Math.floor(key / 12) - 1}`;
}
