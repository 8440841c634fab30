/**
 * Corrects attacks that were taken for an octave below their note.
 *
 * Before a reed or a string has settled, every second period is a little different: periodicity
 * tells the octave below, of which only the even partials are strong. Left as it is, the note would
 * begin with a comb twice as dense, and with a jump.
 */

import { highest } from "./teeth.ts";

/** 170 ms: a longer low beginning is a note of its own. */
const ATTACK_FRAMES = 16;
/** How near an octave the jump is. */
const NEAR_OCTAVES = 1 / 24;
/** Odd partials of a note that is really there reach this share of its even ones: -8 dB. */
const ODD_THERE = 10 ** (-8 / 20);
const PARTIALS = 16;

export interface VoicedFrames {
  /** Changed in place, shape [frames]. */
  readonly hz: Float32Array;
  readonly voicing: Float32Array;
  /** Magnitudes of a frame. */
  rowOf(frame: number): Float32Array;
  readonly binHz: number;
}

export function raiseAttacks(frames: VoicedFrames): void {
  const { hz, voicing } = frames;
  const follows = (frame: number): number | undefined =>
    voicing[frame - 1]! > 0 && voicing[frame]! > 0
      ? Math.log2(hz[frame]! / hz[frame - 1]!)
      : undefined;
  let start = 0;
  for (let frame = 1; frame < hz.length; frame += 1) {
    const step = follows(frame);
    if (step === undefined) start = frame;
    if (step === undefined || Math.abs(step - 1) > NEAR_OCTAVES) continue;
    const isAttack = frame - start <= ATTACK_FRAMES && staysFor(frame, frame - start, follows);
    if (!isAttack || oddPartials(frames, start, frame)) continue;
    for (let at = start; at < frame; at += 1) hz[at] = 2 * hz[at]!;
  }
}

function staysFor(
  frame: number,
  count: number,
  follows: (frame: number) => number | undefined,
): boolean {
  for (let at = frame + 1; at <= frame + count; at += 1) {
    if (Math.abs(follows(at) ?? 1) > NEAR_OCTAVES) return false;
  }
  return true;
}

/** Whether most frames have the partials that the octave above has not. */
function oddPartials({ hz, rowOf, binHz }: VoicedFrames, start: number, end: number): boolean {
  let there = 0;
  for (let frame = start; frame < end; frame += 1) {
    const row = rowOf(frame);
    const spacing = hz[frame]! / binHz;
    const strongest = [0, 0];
    for (let k = 1; k <= PARTIALS && k * spacing < row.length - 2; k += 1) {
      strongest[k % 2] = Math.max(strongest[k % 2]!, highest(row, k * spacing, 1));
    }
    if (strongest[1]! > ODD_THERE * strongest[0]!) there += 1;
  }
  return 2 * there > end - start;
}
