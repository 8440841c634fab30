/**
 * Fast Griffin-Lim: iterates a sound until its spectra have the given magnitudes.
 *
 * Each step transforms the sound, overshoots in the direction of the last change (momentum),
 * sets the magnitudes, and transforms back.
 *
 * A step needs no more of the sound than the frame that it is at. So all steps run at once, as a
 * relay: each one takes a frame as soon as the one before has made all that this frame covers. What
 * they work on are a few frames for each step, whatever the length of the sound, and these stay in
 * the cache.
 *
 * Source: N. Perraudin, P. Balazs, P. Sondergaard, "A fast Griffin-Lim algorithm", WASPAA 2013.
 */

import { type BentFrame, type FrameLoops, frameLoops, inFours } from "./frame-loops.ts";
import { type PackedPlan, portablePlan } from "./packed-fourier.ts";
import type { Spectrogram, StftShape } from "./spectrogram.ts";
import { hannWindow, LEAST_WINDOW_POWER } from "./stft.ts";

export interface GriffinLimOptions {
  readonly shape: StftShape;
  /** Samples of the sound wanted. */
  readonly length: number;
  /** Phases to start from, in radians, shape [frameCount, binCount]. */
  readonly phases: Float32Array;
  /** Steps; 0 gives the sound of the magnitudes with the phases as they are. */
  readonly iterations: number;
  /** 0: the plain algorithm of Griffin and Lim. @default 0.95 */
  readonly momentum?: number;
  /** Transforms of `shape.frameLength` samples. @default our own */
  readonly plan?: PackedPlan;
  /** Called now and then, with how much of the work is done. */
  onStep?(done: number, total: number): void;
}

/** Mono samples, shape [length], whose magnitudes come near `magnitudes`. */
export function griffinLim(magnitudes: Spectrogram, options: GriffinLimOptions): Float32Array {
  const { shape, length, phases, iterations, momentum = DEFAULT_MOMENTUM } = options;
  const { frameLength, hopLength } = shape;
  const { plan = portablePlan(frameLength) } = options;
  requireFit(magnitudes, { shape, plan });
  const { binCount, frameCount } = magnitudes;
  const relay = openRelay(shape, { plan, iterations });
  const { reach, stages, slots } = relay;
  const weightOf = hopWeights(shape, { length, frameCount });
  const lead = frameLength / 2;
  const sound = new Float32Array(Math.max((frameCount + reach) * hopLength, lead + length));

  const rounds = frameCount + reach * (iterations + 1);
  for (let round = 0; round < rounds; round += 1) {
    takeSlot(slots[round % slots.length]!, magnitudes, { round, weight: weightOf(round) });
    for (let step = 0; step <= iterations; step += 1) {
      const frame = round - reach * step;
      if (frame < 0) break;
      if (frame >= frameCount + reach) continue;
      const slot = slots[frame % slots.length]!;
      const stage = stages[step]!;
      if (frame < frameCount) {
        if (step > 0) bendFrame(relay, { stage, slot }, step === 1 ? 0 : momentum);
        else turnFrame(relay, slot, phases.subarray(frame * binCount, (frame + 1) * binCount));
        addFrame(relay, stage);
      }
      handOn(relay, stage, slot);
      if (step === iterations) sound.set(relay.given, frame * hopLength);
    }
    if (round % ROUNDS_A_REPORT === 0) options.onStep?.(round, rounds);
  }
  options.onStep?.(rounds, rounds);
  return sound.slice(lead, lead + length);
}

// --- internal ---

/** The paper's 0.99 is best after hundreds of steps; after 32 from PGHI this is nearer by 4 %. */
const DEFAULT_MOMENTUM = 0.95;

const ROUNDS_A_REPORT = 16;

function requireFit(
  { binCount }: Spectrogram,
  { shape, plan }: { readonly shape: StftShape; readonly plan: PackedPlan },
): void {
  const { frameLength, hopLength } = shape;
  if (hopLength !== inFours(hopLength)) {
    throw new RangeError(
      `Cannot make sound of frames every ${hopLength} samples: need a multiple of 4`,
    );
  }
  if (binCount === frameLength / 2 + 1 && plan.size === frameLength) return;
  throw new RangeError(
    `Cannot make sound of ${binCount} bins with transforms of ${plan.size} samples: frames of ${frameLength} samples need ${frameLength / 2 + 1} bins`,
  );
}

/**
 * What turns the sum of frames into the sound, for each hop from the start of the first frame on: 0
 * outside the sound, which begins half a frame later.
 */
function hopWeights(
  { frameLength, hopLength }: StftShape,
  { length, frameCount }: { readonly length: number; readonly frameCount: number },
): (hop: number) => Float32Array {
  const window = hannWindow(frameLength);
  const reach = Math.ceil(frameLength / hopLength) - 1;
  const lead = frameLength / 2;
  const weightOf = (hop: number): Float32Array => {
    const weight = new Float32Array(hopLength);
    for (let i = 0; i < hopLength; i += 1) {
      const at = hop * hopLength + i;
      let power = 0;
      for (
        let frame = Math.max(0, hop - reach);
        frame <= Math.min(frameCount - 1, hop);
        frame += 1
      ) {
        power += (window[at - frame * hopLength] ?? 0) ** 2;
      }
      const isHeard = at >= lead && at < lead + length && power > LEAST_WINDOW_POWER;
      weight[i] = isHeard ? 1 / power / frameLength : 0;
    }
    return weight;
  };
  let inside: Float32Array | undefined;
  return (hop) => {
    // Where all frames are that can be, and nothing but sound.
    const isInside = hop >= reach && hop < frameCount && (hop + 1) * hopLength <= lead + length;
    if (!isInside) return weightOf(hop);
    inside ??= weightOf(hop);
    return inside;
  };
}

interface Relay {
  readonly plan: PackedPlan;
  readonly loops: FrameLoops;
  /** Frames by which each step is behind the one before: as many as overlap a frame further on. */
  readonly reach: number;
  /** The sound of the phases at the start, then each step. */
  readonly stages: readonly Stage[];
  /** Of the frames between the first step and the last, in turn. */
  readonly slots: readonly Slot[];
  readonly window: Float32Array;
  /** Of one frame, shape [bins]. */
  readonly phases: Float32Array;
  /** One frame, where the loops reach it: samples, then its spectrum, or the other way round. */
  readonly frame: Float32Array;
  /** What the last stage has made, shape [hopLength]. */
  readonly given: Float32Array;
}

interface Stage {
  /** What the stage before has made, from the start of this one's frame on. */
  readonly heard: Float32Array;
  /** The part of it in its frame, shape [frameLength]. */
  readonly inFrame: Float32Array;
  /** Frames that it has added up, from the start of its frame on. */
  readonly sum: Float32Array;
  /** The part that no later frame reaches, shape [hopLength]. */
  readonly ready: Float32Array;
  /** Where that goes: the end of what the next stage hears. Shape [hopLength]. */
  readonly next: { readonly heard: Float32Array; readonly end: Float32Array };
}

/** What belongs to one frame, or to the hop at its start. */
interface Slot extends BentFrame {
  /** What turns a sum of frames into sound, shape [hopLength]. */
  readonly weight: Float32Array;
}

function openRelay(
  { frameLength, hopLength }: StftShape,
  { plan, iterations }: { readonly plan: PackedPlan; readonly iterations: number },
): Relay {
  const reach = Math.ceil(frameLength / hopLength) - 1;
  const heardLength = (reach + 1) * hopLength;
  const slotCount = reach * iterations + 1;
  const parts = { bins: inFours(frameLength / 2 + 1), hop: inFours(hopLength) };
  const ofStages = (iterations + 1) * (inFours(heardLength) + frameLength);
  const ofSlots = slotCount * (frameLength + parts.bins + parts.hop);
  const loops = frameLoops(ofStages + ofSlots + 2 * frameLength + parts.bins + parts.hop);
  const { take } = loops;
  const given = take(hopLength);
  let next = { heard: given, end: given };
  const stages: Stage[] = [];
  for (let step = iterations; step >= 0; step -= 1) {
    const heard = take(heardLength);
    const sum = take(frameLength);
    const inFrame = heard.subarray(0, frameLength);
    stages.unshift({ heard, inFrame, sum, ready: sum.subarray(0, hopLength), next });
    next = { heard, end: heard.subarray(heardLength - hopLength) };
  }
  const slots = Array.from({ length: slotCount }, () => ({
    previous: take(frameLength),
    wanted: take(parts.bins),
    weight: take(hopLength),
  }));
  const window = take(frameLength);
  window.set(hannWindow(frameLength));
  const [frame, phases] = [take(frameLength), take(parts.bins)];
  return { plan, loops, reach, stages, slots, window, phases, frame, given };
}

function takeSlot(
  { wanted, weight }: Slot,
  { data, binCount, frameCount }: Spectrogram,
  { round, weight: own }: { readonly round: number; readonly weight: Float32Array },
): void {
  if (round < frameCount) wanted.set(data.subarray(round * binCount, (round + 1) * binCount));
  weight.set(own);
}

/** A frame with the phases that it starts from; leaves its samples in the plan. */
function turnFrame(relay: Relay, { wanted }: Slot, phases: Float32Array): void {
  const { plan, loops, frame } = relay;
  relay.phases.set(phases);
  loops.turn(frame, wanted, relay.phases);
  plan.packed.set(frame);
  plan.inverse();
}

/** One step on a frame; leaves its samples in the plan. */
function bendFrame(
  { plan, loops, window, frame }: Relay,
  { stage, slot }: { readonly stage: Stage; readonly slot: Slot },
  push: number,
): void {
  loops.multiply(frame, stage.inFrame, window);
  plan.samples.set(frame);
  plan.forward();
  frame.set(plan.packed);
  loops.bend(frame, slot, push);
  plan.packed.set(frame);
  plan.inverse();
}

function addFrame({ plan, loops, window, frame }: Relay, { sum }: Stage): void {
  frame.set(plan.samples);
  loops.addProduct(sum, frame, window);
}

/** Gives the next stage a hop of sound, and goes on to the next frame. */
function handOn({ loops }: Relay, { sum, ready, next }: Stage, { weight }: Slot): void {
  const { length } = ready;
  next.heard.copyWithin(0, length);
  loops.multiply(next.end, ready, weight);
  sum.copyWithin(0, length);
  sum.fill(0, sum.length - length);
}
