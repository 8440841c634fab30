/** Power spectra of moments spread over a sound: what the detectors in frequency look at. */

import { fourierPlan } from "../fft.ts";
import { lengthOf, type Sound } from "../sound.ts";
import { hannWindow } from "../stft.ts";

export interface PowerFrames {
  readonly frameCount: number;
  readonly binCount: number;
  /** Distance of two bins, in hertz. */
  readonly binHz: number;
  /** Mean power of the channels, shape [frameCount, binCount]; a full-scale sine has about 0.25. */
  readonly data: Float32Array;
  /** Power of each frame, shape [frameCount]. */
  readonly totals: Float32Array;
}

/** 85 ms at 48 kHz. */
const FRAME_LENGTH = 4096;
const HOP_MIN = 1024;
/** Of longer sounds an even sample is looked at. */
const FRAMES_MAX = 1200;

/** Undefined where the sound is shorter than a frame. */
export function powerFramesOf(sound: Sound): PowerFrames | undefined {
  const { channels, sampleRate } = sound;
  const length = lengthOf(sound);
  if (length < FRAME_LENGTH) return undefined;
  const room = length - FRAME_LENGTH;
  const hop = Math.max(HOP_MIN, Math.ceil(room / (FRAMES_MAX - 1)));
  const frameCount = 1 + Math.floor(room / hop);
  const binCount = FRAME_LENGTH / 2 + 1;
  const data = new Float32Array(frameCount * binCount);
  const totals = new Float32Array(frameCount);
  const plan = fourierPlan(FRAME_LENGTH);
  const window = hannWindow(FRAME_LENGTH);
  // The window's sum is half its length: a sine of amplitude 1 has a bin of 1/4 then.
  const scale = (2 / FRAME_LENGTH) ** 2 / channels.length;
  for (let frame = 0; frame < frameCount; frame += 1) {
    for (const samples of channels) {
      for (let i = 0; i < FRAME_LENGTH; i += 1) {
        plan.samples[i] = samples[frame * hop + i]! * window[i]!;
      }
      plan.forward();
      for (let bin = 0; bin < binCount; bin += 1) {
        const power = scale * (plan.re[bin]! ** 2 + plan.im[bin]! ** 2);
        data[frame * binCount + bin] = data[frame * binCount + bin]! + power;
        totals[frame] = totals[frame]! + power;
      }
    }
  }
  return { frameCount, binCount, binHz: sampleRate / FRAME_LENGTH, data, totals };
}
