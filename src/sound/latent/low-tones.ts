/**
 * Gives low notes their period.
 *
 * Below about 90 Hz the window no longer tells partials apart: each bin hears two or three, and how
 * they add up says when the next period begins. A decoder knows the level of the partials, not how
 * they add up, and phases found from such levels have no period: the note turns into rumble. So the
 * partials are added here, each with the phase that it has gathered, and the tonal bins of the frame
 * become that sum.
 */

import { defaultStft, MODEL_RATE_HZ } from "../audio/spectrogram.ts";
import { BIN_COUNT } from "../model/bands.ts";
import type { FramePitch } from "./controls/hollow.ts";
import type { Roughened } from "./texture.ts";

/** Partials are told apart from this many bins on: the width of the window's lobe. */
const RESOLVED_BINS = 4;
/** Frames are tones from here on. */
const VOICED = 0.5;
/** Where the sum of partials is weaker than this, something else is louder. */
const LEVEL_LEAST_DB = -96;

const { frameLength, hopLength } = defaultStft;
const BIN_HZ = MODEL_RATE_HZ / frameLength;

export interface LowTonesOptions {
  readonly framesPerLatent: number;
  /** Of each latent vector. */
  readonly pitches: readonly FramePitch[];
}

/** Whether a vector is a note whose partials the window does not tell apart. */
export function isLowTone({ pitch, voicing }: FramePitch): boolean {
  return voicing >= VOICED && 2 ** pitch / BIN_HZ < RESOLVED_BINS;
}

/**
 * Sets levels and phases of low voiced frames, in place, where their phase is not known yet.
 *
 * @param smooth Decibels of the partials, as they were decoded, shape [frames, BIN_COUNT].
 * @param frames What is rendered: of the same shape; NaN for phases that are not known.
 */
export function soundLowTones(
  smooth: Float32Array,
  { levels, phases }: Roughened,
  { framesPerLatent, pitches }: LowTonesOptions,
): void {
  const sum = { re: new Float64Array(BIN_COUNT), im: new Float64Array(BIN_COUNT) };
  let turn = 0;
  let before: number | undefined;
  for (let frame = 0; frame * BIN_COUNT < levels.length; frame += 1) {
    const spacing = lowSpacing(pitches, frame / framesPerLatent);
    if (spacing !== undefined) {
      // In periods of the note: the mean of two frames, over a hop.
      turn += (((before ?? spacing) + spacing) / 2) * (hopLength / frameLength);
      const [from, to] = [frame * BIN_COUNT, (frame + 1) * BIN_COUNT];
      addPartials(sum, smooth.subarray(from, to), { spacing, turn });
      for (let bin = 0; bin < BIN_COUNT; bin += 1) {
        if (!Number.isNaN(phases[from + bin]!)) continue;
        const [re, im] = [sum.re[bin]!, sum.im[bin]!];
        const level = 10 * Math.log10(re * re + im * im + 1e-20);
        if (level < LEVEL_LEAST_DB) continue;
        levels[from + bin] = level;
        phases[from + bin] = Math.atan2(im, re);
      }
    }
    before = spacing;
  }
}

/**
 * Bins between partials of a low tone; undefined for anything else. The pitch of a frame lies
 * between those of the latent vectors around it, so that it does not move in steps.
 */
function lowSpacing(pitches: readonly FramePitch[], place: number): number | undefined {
  const own = pitches[Math.min(pitches.length - 1, Math.floor(place))];
  if (own === undefined || own.voicing < VOICED) return undefined;
  const away = place - Math.floor(place) - 0.5;
  const beside = pitches[Math.floor(place) + Math.sign(away)] ?? own;
  const isSameTone = beside.voicing >= VOICED && Math.abs(beside.pitch - own.pitch) < 1 / 12;
  const share = isSameTone ? Math.abs(away) : 0;
  const spacing = 2 ** (own.pitch + share * (beside.pitch - own.pitch)) / BIN_HZ;
  return spacing < RESOLVED_BINS ? spacing : undefined;
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
  for (let partial = 1; partial * spacing < BIN_COUNT - LOBE.bins; partial += 1) {
    const place = partial * spacing;
    const low = Math.floor(place);
    const peak = 10 ** (Math.max(row[low]!, row[low + 1]!) / 20);
    const turns = (partial * turn) % 1;
    const phase = 2 * Math.PI * (turns - 0.25);
    const [x, y] = [peak * Math.cos(phase), peak * Math.sin(phase)];
    for (let bin = Math.max(0, low - 1); bin <= low + 2; bin += 1) {
      // Phases count from the start of a frame: half a turn less with each bin.
      const lobe = LOBE.at(bin - place) * (bin % 2 === 0 ? 1 : -1);
      re[bin] = re[bin]! + lobe * x;
      im[bin] = im[bin]! + lobe * y;
    }
  }
}

/** The main lobe of the Hann window's transform, 1 in its middle. */
const LOBE = {
  bins: 2,
  at(away: number): number {
    const x = Math.abs(away);
    if (x < 1e-6) return 1;
    if (Math.abs(x - 1) < 1e-6) return 0.5;
    return x >= 2 ? 0 : Math.sin(Math.PI * x) / (Math.PI * x * (1 - x * x));
  },
} as const;
