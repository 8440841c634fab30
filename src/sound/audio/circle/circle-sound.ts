/**
 * Sound from magnitudes on a circle: phases by PGHI, then fast Griffin-Lim, both without edges.
 *
 * As ../griffin-lim.ts, on frames that go round: what a frame adds beyond the circumference is added
 * at its beginning.
 */

import type { Random } from "../../../random.ts";
import { bendFrame, putPhases, takeFrame } from "../frame-spectrum.ts";
import { type PackedPlan, portablePlan } from "../packed-fourier.ts";
import type { Spectrogram } from "../spectrogram.ts";
import { hannWindow } from "../stft.ts";
import { type Circle, centreOf, requireCircle } from "./circle.ts";
import { phasesOnCircle } from "./circle-phases.ts";

export interface CircleSoundOptions {
  /** Draws the phases of bins too quiet to have a slope. */
  readonly random: Random;
  /** Steps of fast Griffin-Lim. */
  readonly iterations: number;
  readonly momentum: number;
  /** Phases that are known, in radians, shape [frameCount, binCount]; NaN where they are not. */
  readonly knownPhases?: Float32Array;
  /** Transforms of `frameLength` samples. @default our own */
  readonly plan?: PackedPlan;
  /** Called after each step. */
  onStep?(done: number, total: number): void;
}

/**
 * Mono samples, shape [circumference], whose magnitudes come near `magnitudes`; the last sample leads
 * into the first as any other into the next.
 *
 * @throws RangeError if the magnitudes do not belong to the circle.
 */
export function soundOnCircle(
  magnitudes: Spectrogram,
  circle: Circle,
  options: CircleSoundOptions,
): Float32Array {
  requireCircle(circle);
  const { frameCount, frameLength, circumference } = circle;
  if (magnitudes.frameCount !== frameCount || magnitudes.binCount !== frameLength / 2 + 1) {
    throw new RangeError(
      `Cannot lay ${magnitudes.frameCount} frames of ${magnitudes.binCount} bins on a circle of ${frameCount} frames of ${frameLength} samples`,
    );
  }
  const { random, iterations, momentum, knownPhases, plan = portablePlan(frameLength) } = options;
  const phases = phasesOnCircle(magnitudes, circle, random);
  if (knownPhases !== undefined) {
    for (let i = 0; i < phases.length; i += 1) {
      if (!Number.isNaN(knownPhases[i]!)) phases[i] = knownPhases[i]!;
    }
  }
  const bench = benchOf(circle, plan);
  let sound = new Float32Array(bench.bufferLength);
  let next = new Float32Array(bench.bufferLength);
  const { data, binCount } = magnitudes;
  const rowAt = (frame: number) => ({ data, row: frame * binCount });
  overlapped(bench, sound, (frame) => putPhases(plan, rowAt(frame), phases));
  const previous = new Float32Array(iterations > 0 ? frameCount * frameLength : 0);
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const push = iteration === 0 ? 0 : momentum;
    next.fill(0);
    const from = sound;
    overlapped(bench, next, (frame) => {
      const start = bench.starts[frame]!;
      takeFrame(plan, { sound: from, start, window: bench.window });
      bendFrame(plan, rowAt(frame), { previous, push, before: frame * frameLength });
    });
    [sound, next] = [next, sound];
    options.onStep?.(iteration + 1, iterations);
  }
  // The buffer begins where frame 0 does, half a frame before the sample that it is centred on.
  const out = new Float32Array(circumference);
  const lead = frameLength / 2;
  out.set(sound.subarray(lead, circumference));
  out.set(sound.subarray(0, lead), circumference - lead);
  return out;
}

// --- internal ---

interface CircleBench {
  readonly plan: PackedPlan;
  readonly window: Float32Array;
  readonly circumference: number;
  /** First sample of each frame in the buffer, shape [frameCount]. */
  readonly starts: Int32Array;
  /** The circle, and once more its first frame: so no frame is read or written in two parts. */
  readonly bufferLength: number;
  /** What turns the sum of frames into the sound, shape [circumference]. */
  readonly weight: Float32Array;
}

function benchOf(circle: Circle, plan: PackedPlan): CircleBench {
  const { circumference, frameCount, frameLength } = circle;
  const window = Float32Array.from(hannWindow(frameLength));
  const starts = Int32Array.from({ length: frameCount }, (_, frame) => centreOf(circle, frame));
  const sums = new Float64Array(circumference);
  for (const start of starts) {
    for (let i = 0; i < frameLength; i += 1) {
      const at = (start + i) % circumference;
      sums[at] = sums[at]! + window[i]! ** 2;
    }
  }
  const weight = Float32Array.from(sums, (sum) => 1 / (sum * frameLength));
  const bufferLength = circumference + frameLength;
  return { plan, window, circumference, starts, bufferLength, weight };
}

/** Adds all frames, each as `make` leaves it in the plan, and closes the circle. */
function overlapped(bench: CircleBench, sound: Float32Array, make: (frame: number) => void): void {
  const { plan, window, starts, circumference, weight } = bench;
  const { samples } = plan;
  const { length } = samples;
  for (let frame = 0; frame < starts.length; frame += 1) {
    make(frame);
    plan.inverse();
    const start = starts[frame]!;
    for (let i = 0; i < length; i += 1) {
      sound[start + i] = sound[start + i]! + samples[i]! * window[i]!;
    }
  }
  for (let i = circumference; i < sound.length; i += 1) {
    sound[i - circumference] = sound[i - circumference]! + sound[i]!;
  }
  for (let i = 0; i < circumference; i += 1) sound[i] = sound[i]! * weight[i]!;
  sound.copyWithin(circumference, 0, sound.length - circumference);
}
