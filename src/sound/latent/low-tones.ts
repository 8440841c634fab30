/**
 * Gives low notes their period.
 *
 * Below about 115 Hz the window hardly tells partials apart: each bin hears two or three, and how
 * they add up says when the next period begins. A decoder knows the level of the partials, not how
 * they add up, and phases found from such levels have no period: the note turns into rumble. So the
 * partials are added here, each with the phase that it has gathered, and the tonal bins of the frame
 * become that sum.
 */

import { type Circle, centreOf } from "../audio/circle/circle.ts";
import { hannLobe, LOBE_BINS } from "../audio/hann-lobe.ts";
import { BIN_HZ, defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { BIN_COUNT } from "../model/bands.ts";
import type { FramePitch } from "./controls/hollow.ts";

/** Partials are told apart from this many bins on; a lobe of the window is 4 wide. */
const RESOLVED_BINS = 5;
/** Frames are tones from here on. */
const VOICED = 0.5;
/** Where the sum of partials is weaker than this, something else is louder. */
const LEVEL_LEAST_DB = -96;
/** A pitch farther away is another note. */
const SAME_TONE_OCTAVES = 1 / 12;

const { frameLength, hopLength } = defaultStft;

/** Whether a vector is a note whose partials the window does not tell apart. */
export function isLowTone({ pitch, voicing }: FramePitch): boolean {
  return voicing >= VOICED && 2 ** pitch / BIN_HZ < RESOLVED_BINS;
}

/** One frame; shapes [BIN_COUNT]. */
export interface LowToneFrame {
  /** Decibels of the partials, as they were decoded. */
  readonly smooth: Float32Array;
  /** What is rendered, changed in place where its phase is not known yet, which is NaN there. */
  readonly levels: Float32Array;
  readonly phases: Float32Array;
}

/**
 * Sets levels and phases of the low tones of a stream of frames.
 *
 * @returns What takes the next frame, its pitch, log2 of hertz, undefined where it is no low tone,
 *   and its distance from the frame before, in samples.
 */
export function openLowTones(): (
  frame: LowToneFrame,
  pitch: number | undefined,
  hop?: number,
) => void {
  const sum = { re: new Float64Array(BIN_COUNT), im: new Float64Array(BIN_COUNT) };
  let turn = 0;
  let before: number | undefined;
  return ({ smooth, levels, phases }, pitch, hop = hopLength) => {
    const spacing = pitch === undefined ? undefined : 2 ** pitch / BIN_HZ;
    if (spacing !== undefined) {
      // In periods of the note: the mean of two frames, over a hop.
      turn += (((before ?? spacing) + spacing) / 2) * (hop / frameLength);
      addPartials(sum, smooth, { spacing, turn });
      for (let bin = 0; bin < BIN_COUNT; bin += 1) {
        if (!Number.isNaN(phases[bin]!)) continue;
        const [re, im] = [sum.re[bin]!, sum.im[bin]!];
        const level = 10 * Math.log10(re * re + im * im + 1e-20);
        if (level < LEVEL_LEAST_DB) continue;
        levels[bin] = level;
        phases[bin] = Math.atan2(im, re);
      }
    }
    before = spacing;
  };
}

/**
 * Pitch of one frame of a vector, if it is a low tone: between those of the vectors around it, so
 * that it does not move in steps.
 *
 * @param beside The vector that is nearer to the frame.
 * @param share Of the way to it, 0 to 0.5.
 */
export function lowPitchBetween(
  own: FramePitch | undefined,
  beside: FramePitch | undefined,
  share: number,
): number | undefined {
  if (own === undefined || !isLowTone(own)) return undefined;
  const isSameTone =
    beside !== undefined &&
    beside.voicing >= VOICED &&
    Math.abs(beside.pitch - own.pitch) < SAME_TONE_OCTAVES;
  return isSameTone ? own.pitch + share * (beside.pitch - own.pitch) : own.pitch;
}

/** Where the middle of a frame lies in its vector: towards which of both sides, and how far. */
export function placeInVector(
  frame: number,
  framesPerLatent: number,
): { readonly side: -1 | 1; readonly share: number } {
  const away = ((frame % framesPerLatent) + 0.5) / framesPerLatent - 0.5;
  return { side: away < 0 ? -1 : 1, share: Math.abs(away) };
}

export interface PitchedVectors {
  readonly framesPerLatent: number;
  /** Of each latent vector. */
  readonly pitches: readonly FramePitch[];
}

/** The frames of a whole sound, see `openLowTones`. Shapes of the three [frames, BIN_COUNT]. */
export function soundLowTones(
  frames: LowToneFrame,
  { framesPerLatent, pitches }: PitchedVectors,
): void {
  const next = openLowTones();
  for (let frame = 0; frame * BIN_COUNT < frames.levels.length; frame += 1) {
    const at = Math.min(pitches.length - 1, Math.floor(frame / framesPerLatent));
    const { side, share } = placeInVector(frame, framesPerLatent);
    next(rowOf(frames, frame), lowPitchBetween(pitches[at], pitches[at + side], share));
  }
}

/**
 * The same for a sound that goes round. A tone that never stops is tuned, by half a period in a
 * round at most, so that it meets itself; others begin anew, at their own beginnings.
 *
 * @param circle With as many frames as there are levels, which are as many as the vectors have.
 */
export function soundLowTonesRound(
  frames: LowToneFrame,
  { framesPerLatent, pitches }: PitchedVectors,
  circle: Circle,
): void {
  const { circumference, frameCount } = circle;
  const around = (at: number): FramePitch | undefined => pitches.at(at % pitches.length);
  const heard = Array.from({ length: frameCount }, (_, frame) => {
    const { side, share } = placeInVector(frame, framesPerLatent);
    const at = Math.floor(frame / framesPerLatent);
    return lowPitchBetween(around(at), around(at + side), share);
  });
  const silent = heard.indexOf(undefined);
  const periods = heard.reduce<number>(
    (sum, pitch) => sum + 2 ** (pitch ?? 0) * (circumference / frameCount / MODEL_RATE_HZ),
    0,
  );
  const tuning = silent < 0 ? Math.log2(Math.max(1, Math.round(periods)) / periods) : 0;
  const next = openLowTones();
  for (let i = 0; i < frameCount; i += 1) {
    const frame = (i + Math.max(0, silent)) % frameCount;
    const pitch = heard[frame];
    // Not from centre to centre over the seam, which is one round back.
    const from = frame === 0 ? centreOf(circle, frameCount - 1) - circumference : undefined;
    const hop = centreOf(circle, frame) - (from ?? centreOf(circle, frame - 1));
    next(rowOf(frames, frame), pitch === undefined ? undefined : pitch + tuning, hop);
  }
}

function rowOf({ smooth, levels, phases }: LowToneFrame, frame: number): LowToneFrame {
  const row = (of: Float32Array): Float32Array =>
    of.subarray(frame * BIN_COUNT, (frame + 1) * BIN_COUNT);
  return { smooth: row(smooth), levels: row(levels), phases: row(phases) };
}

interface Spectrum {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/**
 * The spectrum of all partials, as sines that began together, which is what a bowed or plucked
 * string does.
 *
 * @param tone Bins between partials, and the turns of the first one up to the middle of the frame.
 */
function addPartials(
  { re, im }: Spectrum,
  row: Float32Array,
  { spacing, turn }: { readonly spacing: number; readonly turn: number },
): void {
  re.fill(0);
  im.fill(0);
  for (let partial = 1; partial * spacing < BIN_COUNT - LOBE_BINS; partial += 1) {
    const place = partial * spacing;
    const low = Math.floor(place);
    const level = Math.max(row[low]!, row[low + 1]!);
    if (level < LEVEL_LEAST_DB) continue;
    const peak = 10 ** (level / 20);
    const turns = (partial * turn) % 1;
    const phase = 2 * Math.PI * (turns - 0.25);
    const [x, y] = [peak * Math.cos(phase), peak * Math.sin(phase)];
    for (let bin = Math.max(0, low - 1); bin <= low + 2; bin += 1) {
      // Phases count from the start of a frame: half a turn less with each bin.
      const lobe = hannLobe(bin - place) * (bin % 2 === 0 ? 1 : -1);
      re[bin] = re[bin]! + lobe * x;
      im[bin] = im[bin]! + lobe * y;
    }
  }
}
