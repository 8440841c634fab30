/**
 * Sound from magnitudes on a circle: phases by PGHI, then fast Griffin-Lim, both without edges.
 *
 * As ../griffin-lim.ts, on frames that go round: what a frame adds beyond the circumference is added
 * at its beginning.
 */

import type { Random } from "../../../random.ts";
import { type BentFrame, type FrameLoops, frameLoops, inFours } from "../frame-loops.ts";
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
  const { data, binCount } = magnitudes;
  const rowOf = (of: Float32Array, frame: number): Float32Array =>
    of.subarray(frame * binCount, (frame + 1) * binCount);
  let [sound, next] = bench.sounds;
  overlapped(bench, sound, (frame) => {
    const { wanted } = bench.steps[frame]!;
    wanted.set(rowOf(data, frame));
    bench.phases.set(rowOf(phases, frame));
    bench.loops.turn(bench.frame, wanted, bench.phases);
  });
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    const push = iteration === 0 ? 0 : momentum;
    next.fill(0);
    const from = sound;
    overlapped(bench, next, (frame) => bendFrame(bench, frame, { from, push }));
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
  readonly loops: FrameLoops;
  readonly window: Float32Array;
  readonly circumference: number;
  /** First sample of each frame in the sounds, shape [frameCount]. */
  readonly starts: Int32Array;
  /** The sound and the next one: the circle, and its first frame again, so that none is in two parts. */
  readonly sounds: readonly [Float32Array, Float32Array];
  /** Of each frame. */
  readonly steps: readonly BentFrame[];
  /** Of one frame, shape [bins]. */
  readonly phases: Float32Array;
  /** One frame: samples, or its spectrum. */
  readonly frame: Float32Array;
  /** What turns the sum of frames into the sound, shape [circumference]. */
  readonly weight: Float32Array;
}

function benchOf(circle: Circle, plan: PackedPlan): CircleBench {
  const { circumference, frameCount, frameLength } = circle;
  const starts = Int32Array.from({ length: frameCount }, (_, frame) => centreOf(circle, frame));
  const bufferLength = circumference + frameLength;
  const bins = inFours(frameLength / 2 + 1);
  const loops = frameLoops(
    2 * (frameLength + inFours(bufferLength)) + bins + frameCount * (frameLength + bins),
  );
  const window = loops.take(frameLength);
  window.set(hannWindow(frameLength));
  const sums = new Float64Array(circumference);
  for (const start of starts) {
    for (let i = 0; i < frameLength; i += 1) {
      const at = (start + i) % circumference;
      sums[at] = sums[at]! + window[i]! ** 2;
    }
  }
  return {
    plan,
    loops,
    window,
    circumference,
    starts,
    sounds: [loops.take(bufferLength), loops.take(bufferLength)],
    steps: Array.from(starts, () => ({
      previous: loops.take(frameLength),
      wanted: loops.take(bins),
    })),
    frame: loops.take(frameLength),
    phases: loops.take(bins),
    weight: Float32Array.from(sums, (sum) => 1 / (sum * frameLength)),
  };
}

/** Leaves the spectrum of a frame of a sound in the bench, bent to its magnitudes. */
function bendFrame(
  { plan, loops, window, frame, starts, steps }: CircleBench,
  at: number,
  { from, push }: { readonly from: Float32Array; readonly push: number },
): void {
  const start = starts[at]!;
  loops.multiply(frame, from.subarray(start, start + frame.length), window);
  plan.samples.set(frame);
  plan.forward();
  frame.set(plan.packed);
  loops.bend(frame, steps[at]!, push);
}

/** Adds all frames, each as `make` leaves its spectrum in the bench, and closes the circle. */
function overlapped(bench: CircleBench, sound: Float32Array, make: (frame: number) => void): void {
  const { plan, loops, window, frame, starts, circumference, weight } = bench;
  for (let at = 0; at < starts.length; at += 1) {
    make(at);
    plan.packed.set(frame);
    plan.inverse();
    frame.set(plan.samples);
    const start = starts[at]!;
    loops.addProduct(sound.subarray(start, start + frame.length), frame, window);
  }
  for (let i = circumference; i < sound.length; i += 1) {
    sound[i - circumference] = sound[i - circumference]! + sound[i]!;
  }
  for (let i = 0; i < circumference; i += 1) sound[i] = sound[i]! * weight[i]!;
  sound.copyWithin(circumference, 0, sound.length - circumference);
}
