/**
 * Magnitudes -> sound, frame by frame: for what is played while it is still being made.
 *
 * Each frame gets phases from the frames before it (`frame-phases.ts`). It is held until two more
 * frames are there, and with each of them Griffin-Lim makes the held frames agree with what was
 * already given out and with each other. Then it is overlapped and added, and a hop of samples is
 * ready. Nothing is allocated per frame.
 *
 * Source of the look-ahead: X. Zhu, G. Beauregard, L. Wyse, "Real-time signal estimation from
 * modified short-time Fourier transform magnitude spectra", IEEE TASLP 15(5), 2007.
 */

import type { Random } from "../../../random.ts";
import { type PackedPlan, portablePlan } from "../packed-fourier.ts";
import { defaultStft, type StftShape } from "../spectrogram.ts";
import { hannWindow, LEAST_WINDOW_POWER } from "../stft.ts";
import { framePhases } from "./frame-phases.ts";
import { type HeldFrame, heldFrame, towards } from "./held-frame.ts";

export interface LiveSound {
  /** The first frames give no samples: so many, until sample 0 of the sound is ready. */
  readonly delayFrames: number;
  /**
   * Adds the next frame.
   *
   * @param magnitudes Linear, as `magnitudes()` gives them; shape [binCount].
   * @param knownPhases Phases that are known, in radians, shape [binCount]; NaN where they are not.
   * @returns The next samples, shape [hopLength], or [0]; overwritten by the next call.
   */
  push(magnitudes: Float32Array, knownPhases?: Float32Array): Float32Array;
}

export interface LiveSoundOptions {
  /** Draws the phases of bins too quiet to have a slope. */
  readonly random: Random;
  /** @default defaultStft */
  readonly shape?: StftShape;
  /** Transforms of `shape.frameLength` samples; `fastPlan` gives quicker ones. @default our own */
  readonly plan?: PackedPlan;
}

/** The same frames and random state give the same samples, however the frames are grouped. */
export function liveSound(options: LiveSoundOptions): LiveSound {
  const { random, shape = defaultStft, plan = portablePlan(shape.frameLength) } = options;
  const bench = openBench(shape, plan);
  const { held, spare, out, hopLength } = bench;
  const phases = framePhases({ shape, random });
  const delayFrames = FRAMES_AHEAD + shape.frameLength / hopLength / 2;
  const nothing = new Float32Array(0);
  const before = new Float32Array(bench.binCount);
  const now = new Float32Array(bench.binCount);
  let frameCount = 0;
  return {
    delayFrames,
    push: (magnitudes, knownPhases) => {
      // Griffin-Lim has turned the frame before since its phases were integrated.
      held.at(-1)?.phasesInto(before);
      phases.next(magnitudes, before, now);
      if (knownPhases !== undefined) preferKnown(now, knownPhases);
      const frame = spare.pop() ?? heldFrame(shape.frameLength);
      frame.take(magnitudes, now);
      held.push(frame);
      for (let step = 0; step < STEPS; step += 1) agree(bench);
      frameCount += 1;
      if (held.length <= FRAMES_AHEAD) return nothing;
      giveFirst(bench);
      return frameCount > delayFrames ? out : nothing;
    },
  };
}

// --- internal ---

/** Frames that are held beside the next to be given out. */
const FRAMES_AHEAD = 2;

/** Steps of Griffin-Lim with each new frame. */
const STEPS = 2;

interface Bench {
  readonly plan: PackedPlan;
  readonly binCount: number;
  readonly hopLength: number;
  readonly window: Float32Array;
  /** Squared window. */
  readonly windowPower: Float32Array;
  /** Oldest first. */
  readonly held: HeldFrame[];
  readonly spare: HeldFrame[];
  /** What frames that are gone left behind, from the start of the oldest held frame on. */
  readonly given: Float32Array;
  /** Their squared windows. */
  readonly givenPower: Float32Array;
  /** Sound of what was given and what is held, and the squared windows of both. */
  readonly sound: Float32Array;
  readonly power: Float32Array;
  /** Shape [hopLength]. */
  readonly out: Float32Array;
}

function openBench(shape: StftShape, plan: PackedPlan): Bench {
  const { frameLength, hopLength } = shape;
  const window = Float32Array.from(hannWindow(frameLength));
  const reach = frameLength + FRAMES_AHEAD * hopLength;
  return {
    plan,
    binCount: frameLength / 2 + 1,
    hopLength,
    window,
    windowPower: window.map((value) => value * value),
    held: [],
    spare: Array.from({ length: FRAMES_AHEAD + 1 }, () => heldFrame(frameLength)),
    given: new Float32Array(reach),
    givenPower: new Float32Array(reach),
    sound: new Float32Array(reach),
    power: new Float32Array(reach),
    out: new Float32Array(hopLength),
  };
}

function preferKnown(phases: Float32Array, known: Float32Array): void {
  for (let bin = 0; bin < phases.length; bin += 1) {
    if (!Number.isNaN(known[bin]!)) phases[bin] = known[bin]!;
  }
}

/** One step of Griffin-Lim on the held frames, next to what was given. */
function agree(bench: Bench): void {
  const { plan, held, hopLength, window, sound, power } = bench;
  sound.set(bench.given);
  power.set(bench.givenPower);
  for (let i = 0; i < held.length; i += 1) addFrame(bench, i, { sound, power });
  for (let i = 0; i < sound.length; i += 1) {
    sound[i] = power[i]! > LEAST_WINDOW_POWER ? sound[i]! / power[i]! : 0;
  }
  for (let i = 0; i < held.length; i += 1) {
    const start = i * hopLength;
    for (let t = 0; t < window.length; t += 1) plan.samples[t] = sound[start + t]! * window[t]!;
    plan.forward();
    towards(held[i]!, plan.packed);
  }
}

/** Adds held frame `i`, windowed, to sums that begin at the oldest one. */
function addFrame(
  { plan, held, hopLength, window, windowPower }: Bench,
  i: number,
  { sound, power }: { readonly sound: Float32Array; readonly power: Float32Array },
): void {
  plan.packed.set(held[i]!.packed);
  plan.inverse();
  const start = i * hopLength;
  for (let t = 0; t < window.length; t += 1) {
    sound[start + t] = sound[start + t]! + (plan.samples[t]! * window[t]!) / window.length;
    power[start + t] = power[start + t]! + windowPower[t]!;
  }
}

/** The oldest held frame goes: its first hop is final, for no later frame reaches it. */
function giveFirst(bench: Bench): void {
  const { held, spare, hopLength, given, givenPower, out } = bench;
  addFrame(bench, 0, { sound: given, power: givenPower });
  for (let t = 0; t < hopLength; t += 1) {
    out[t] = givenPower[t]! > LEAST_WINDOW_POWER ? given[t]! / givenPower[t]! : 0;
  }
  moveOn(given, hopLength);
  moveOn(givenPower, hopLength);
  const gone = held.shift();
  if (gone !== undefined) spare.push(gone);
}

function moveOn(sums: Float32Array, by: number): void {
  sums.copyWithin(0, by);
  sums.fill(0, sums.length - by);
}
