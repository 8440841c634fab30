/**
 * Frames on a circle: the transform of a sound without beginning or end, such as a loop.
 *
 * The circumference is any whole number of samples. It is divided into frames as evenly as whole
 * samples allow; the last frames reach over into the beginning. So no moment is an edge.
 */

import { fourierPlan } from "../fft.ts";
import type { StftShape } from "../spectrogram.ts";
import { type ComplexSpectrogram, hannWindow } from "../stft.ts";

export interface Circle {
  /** In samples; at least one frame. */
  readonly circumference: number;
  readonly frameCount: number;
  /** Of one frame and its Hann window, in samples. A power of two. */
  readonly frameLength: number;
}

/** The sample that a frame is centred on. */
export function centreOf({ circumference, frameCount }: Circle, frame: number): number {
  return Math.round((frame * circumference) / frameCount);
}

/** The shape of an open transform with as many frames in as much time. */
export function shapeOn({ circumference, frameCount, frameLength }: Circle): StftShape {
  return { frameLength, hopLength: circumference / frameCount };
}

/** @throws RangeError where frames would be too far apart to be put together again. */
export function requireCircle({ circumference, frameCount, frameLength }: Circle): void {
  if (circumference >= frameLength && circumference / frameCount <= frameLength / 3) return;
  throw new RangeError(
    `Cannot lay ${frameCount} frames of ${frameLength} samples on a circle of ${circumference}: need at least one frame, and three to cover each moment`,
  );
}

/** Complex spectra of a sound that goes round, shape [frameCount, frameLength / 2 + 1]. */
export function stftOnCircle(samples: Float32Array, circle: Circle): ComplexSpectrogram {
  requireCircle(circle);
  const { circumference, frameCount, frameLength } = circle;
  const binCount = frameLength / 2 + 1;
  const re = new Float32Array(frameCount * binCount);
  const im = new Float32Array(frameCount * binCount);
  const plan = fourierPlan(frameLength);
  const window = hannWindow(frameLength);
  for (let frame = 0; frame < frameCount; frame += 1) {
    let from = (centreOf(circle, frame) - frameLength / 2 + circumference) % circumference;
    for (let i = 0; i < frameLength; i += 1) {
      plan.samples[i] = samples[from]! * window[i]!;
      from = from + 1 === circumference ? 0 : from + 1;
    }
    plan.forward();
    for (let bin = 0; bin < binCount; bin += 1) {
      re[frame * binCount + bin] = plan.re[bin]!;
      im[frame * binCount + bin] = plan.im[bin]!;
    }
  }
  return { frameCount, binCount, re, im };
}
