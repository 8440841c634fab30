/** The voice of one key: its place in its sound, and its level. */

import { MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import type { KeySound } from "./key-sound.ts";

export interface SoundingKey {
  readonly key: number;
  readonly sound: KeySound;
  /** Rendered samples that are not yet played; Infinity where no more are needed. */
  readonly ahead: number;
  readonly isOver: boolean;
  /** Ends at once, for another one. */
  readonly isChoked: boolean;
  /** @param isHeld The pedal is down. */
  letGo(isHeld: boolean): void;
  pedalUp(): void;
  /** Ends it at once, without a click. */
  choke(): void;
  /** Adds its next samples; gives how many were not ready. */
  mixInto(out: Float32Array, bendSemitones: number): number;
}

export interface PressedKey {
  readonly key: number;
  /** 0 to 1. */
  readonly velocity: number;
  readonly sound: KeySound;
}

/** Time constants of the two endings. */
const RELEASE_SECONDS = 0.12;
const CHOKE_SECONDS = 0.004;
/** Softer than this, it is over: -80 dB. */
const LEAST_GAIN = 1e-4;

export function soundingKey({ key, velocity, sound }: PressedKey): SoundingKey {
  let position = 0;
  let gain = velocity * velocity;
  let state: "down" | "pedal" | "released" = "down";
  let fall = 1;
  let [isOver, isChoked] = [false, false];
  const leave = (seconds: number): void => {
    state = "released";
    fall = Math.exp(-1 / (seconds * MODEL_RATE_HZ));
  };
  return {
    key,
    sound,
    get ahead() {
      return sound.isDone ? Number.POSITIVE_INFINITY : sound.length - position;
    },
    get isOver() {
      return isOver;
    },
    get isChoked() {
      return isChoked;
    },
    letGo: (isHeld) => {
      if (state === "down") {
        if (isHeld) state = "pedal";
        else leave(RELEASE_SECONDS);
      }
    },
    pedalUp: () => {
      if (state === "pedal") leave(RELEASE_SECONDS);
    },
    choke: () => {
      isChoked = true;
      leave(CHOKE_SECONDS);
    },
    mixInto: (out, bendSemitones) => {
      const step = 2 ** (bendSemitones / 12);
      let i = 0;
      for (; i < out.length && !isOver; i += 1) {
        // Interpolation looks two samples on.
        if (position + 2 >= sound.length) {
          if (!sound.isDone) break;
          if (sound.loopFrom !== undefined) position += sound.loopFrom - (sound.length - 2);
          else isOver = position >= sound.length;
        }
        out[i] = out[i]! + gain * sampleAt(sound.samples, position);
        position += step;
        gain *= fall;
        if (gain < LEAST_GAIN) isOver = true;
      }
      return isOver ? 0 : out.length - i;
    },
  };
}

/** Between samples by a cubic through four of them (Catmull and Rom, 1974). */
function sampleAt(samples: Float32Array, position: number): number {
  const at = Math.floor(position);
  const share = position - at;
  const b = samples[at] ?? 0;
  if (share === 0) return b;
  const a = samples[at - 1] ?? 0;
  const c = samples[at + 1] ?? 0;
  const d = samples[at + 2] ?? 0;
  const slope = (c - a) / 2;
  const bend = a - 2.5 * b + 2 * c - d / 2;
  const twist = (d - a) / 2 + 1.5 * (b - c);
  return b + share * (slope + share * (bend + share * twist));
}
