/**
 * The pitch of a recording and whether it has one, for every frame of its spectra.
 *
 * Candidates come from the periods of the sound (periodicity.ts), are refused where the spectrum
 * lacks their partials (teeth.ts), and the track is the cheapest path through them (Viterbi): a
 * candidate costs what it lacks of being periodic, and jumps cost. Then each pitch is refined on
 * its partials, to about a cent.
 */

import { type InPieces, wholeOf } from "../on-share.ts";
import type { Spectrogram } from "../spectrogram.ts";
import { BIN_HZ } from "../spectrogram.ts";
import { magnitudes } from "../stft.ts";
import { raiseAttacks } from "./attack-octave.ts";
import { CANDIDATES, type Candidates, PERIOD_BIAS, pitchCandidates } from "./periodicity.ts";
import { harmonicShare, hasPartials, refinedPitch } from "./teeth.ts";

/** One pitch a frame: monophonic. Chords of three notes count as unvoiced. */
export interface PitchTrack {
  /**
   * Hertz, from 32.7 to about 5,300, shape [frames]. Unvoiced frames hold the last pitch before
   * them, else the first one; all are UNPITCHED_HZ in a sound without pitch.
   */
  readonly hz: Float32Array;
  /** How voiced each frame is, from 0 (no pitch) to 1, shape [frames]. */
  readonly voicing: Float32Array;
}

/** The pitch of what has none: a number that stands in for it, in the middle of hearing. */
export const UNPITCHED_HZ = 220;

/**
 * @param mono Samples at MODEL_RATE_HZ.
 * @param spectra Their magnitudes, if they are there already.
 */
export function trackPitch(
  mono: Float32Array,
  spectra: Spectrogram = magnitudes(mono),
): PitchTrack {
  return wholeOf(trackPitchInPieces(mono, spectra));
}

/** As `trackPitch`. Nearly all of the time goes into the candidates. */
export function* trackPitchInPieces(
  mono: Float32Array,
  spectra: Spectrogram,
): InPieces<PitchTrack> {
  const { frameCount, binCount, data } = spectra;
  const candidates = yield* pitchCandidates(mono, frameCount);
  const rowOf = (frame: number): Float32Array =>
    data.subarray(frame * binCount, (frame + 1) * binCount);
  raiseHighTones(candidates, rowOf);
  const chosen = cheapestPath(candidates, costsOf(candidates, rowOf));
  const hz = new Float32Array(frameCount);
  const voicing = new Float32Array(frameCount);
  for (let frame = 0; frame < frameCount; frame += 1) {
    const choice = chosen[frame]!;
    if (choice === CANDIDATES) continue;
    const at = frame * CANDIDATES + choice;
    const row = rowOf(frame);
    const pitch = refinedPitch(row, candidates.hz[at]!);
    const voiced = voicingOf(candidates.strength[at]!, harmonicShare(row, pitch));
    if (voiced < VOICING_LEAST) continue;
    hz[frame] = pitch;
    voicing[frame] = voiced;
  }
  raiseAttacks({ hz, voicing, rowOf, binHz: BIN_HZ });
  holdPitch(hz);
  return { hz, voicing };
}

/** A voiced frame is at least this periodic; from UTTERLY_PERIODIC on it is wholly voiced. */
const LEAST_PERIODIC = 0.5;
const UTTERLY_PERIODIC = 0.85;

/** The same for the share of partials in the spectrum. */
const LEAST_HARMONIC = 0.3;
const UTTERLY_HARMONIC = 0.6;
/** Less than this is none. */
const VOICING_LEAST = 0.1;

/** A drum is periodic too, but what stands out in it are not the partials of its pitch. */
function voicingOf(strength: number, harmonic: number): number {
  const periodic = (strength - LEAST_PERIODIC) / (UTTERLY_PERIODIC - LEAST_PERIODIC);
  const partials = (harmonic - LEAST_HARMONIC) / (UTTERLY_HARMONIC - LEAST_HARMONIC);
  const within = (share: number): number => Math.min(1, Math.max(0, share));
  return within(Math.max(0.2, periodic)) * within(partials);
}

/** Costs of the path, in the unit of periodicity: 1 is a whole lack of it. */
const UNVOICED_COST = 0.42;
const NO_PARTIALS_COST = 1;
const CHANGE_COST = 0.1;
const JUMP_COST = { most: 0.3, perOctave: 0.9 } as const;
/** From here on a candidate costs no bias: no note is higher. */
const BIAS_FREE_HZ = 2667;
/** Noise of a narrow band has short periods now and then: above this, a pitch must be clearer. */
const CLEAR_ABOVE_HZ = 1000;
const CLEARER_PER_OCTAVE = 0.25;

/** Few instruments go lower than a bass: an octave below one, a pitch must be clearer. */
const LOW = { belowHz: 40, cost: 0.06 } as const;

/** Between so few samples everything looks somewhat periodic. */
const HIGH_TONE_LEAST = 0.93;

/** A tone too high for its own period to be a candidate: its double or threefold period is one. */
function raiseHighTones(
  { hz, strength }: Candidates,
  rowOf: (frame: number) => Float32Array,
): void {
  for (let at = 0; at < hz.length; at += CANDIDATES) {
    const first = hz[at]!;
    if (first < 880 || strength[at]! < HIGH_TONE_LEAST) continue;
    const row = rowOf(at / CANDIDATES);
    if (hasPartials(row, first)) continue;
    const factor = [2, 3].find((times) => first * times > 1800 && hasPartials(row, first * times));
    if (factor !== undefined) hz[at] = first * factor;
  }
}

/** What each candidate costs on its own; those not used cost Infinity. Shape [frames, CANDIDATES]. */
function costsOf(
  { hz, strength }: Candidates,
  rowOf: (frame: number) => Float32Array,
): Float64Array {
  const costs = new Float64Array(hz.length).fill(Number.POSITIVE_INFINITY);
  for (let at = 0; at < hz.length; at += 1) {
    if (strength[at] === 0) continue;
    const row = rowOf(Math.floor(at / CANDIDATES));
    const lacking = hasPartials(row, hz[at]!) ? 0 : NO_PARTIALS_COST;
    const bias = PERIOD_BIAS * Math.max(0, Math.log2(BIAS_FREE_HZ / hz[at]!));
    const high = CLEARER_PER_OCTAVE * Math.max(0, Math.log2(hz[at]! / CLEAR_ABOVE_HZ));
    const low = hz[at]! < LOW.belowHz ? LOW.cost : 0;
    costs[at] = 1 - strength[at]! + bias + high + low + lacking;
  }
  return costs;
}

/** The chosen candidate of each frame, or CANDIDATES where it is unvoiced. */
function cheapestPath({ hz }: Candidates, costs: Float64Array): Uint8Array {
  const states = CANDIDATES + 1;
  const frames = hz.length / CANDIDATES;
  const from = new Uint8Array(frames * states);
  let totals = new Float64Array(states);
  let next = new Float64Array(states);
  const octaves = Float64Array.from(hz, (value) => Math.log2(Math.max(1, value)));
  for (let frame = 0; frame < frames; frame += 1) {
    for (let state = 0; state < states; state += 1) {
      const own = state === CANDIDATES ? UNVOICED_COST : costs[frame * CANDIDATES + state]!;
      let least = Number.POSITIVE_INFINITY;
      if (own < least) {
        for (let before = 0; before < states; before += 1) {
          const move =
            state === CANDIDATES || before === CANDIDATES
              ? CHANGE_COST * Number(state !== before)
              : jumpCost(octaves, frame * CANDIDATES + state, (frame - 1) * CANDIDATES + before);
          const total = totals[before]! + (frame === 0 ? 0 : move);
          if (total < least) {
            least = total;
            from[frame * states + state] = before;
          }
        }
      }
      next[state] = least + own;
    }
    [totals, next] = [next, totals];
  }
  return tracedBack(from, totals);
}

function jumpCost(octaves: Float64Array, here: number, before: number): number {
  const jump = Math.abs(octaves[here]! - (octaves[before] ?? 0));
  return Math.min(JUMP_COST.most, JUMP_COST.perOctave * jump);
}

function tracedBack(from: Uint8Array, totals: Float64Array): Uint8Array {
  const states = totals.length;
  const frames = from.length / states;
  const chosen = new Uint8Array(frames);
  let state = totals.indexOf(totals.reduce((least, total) => Math.min(least, total), Infinity));
  for (let frame = frames - 1; frame >= 0; frame -= 1) {
    chosen[frame] = state;
    state = from[frame * states + state]!;
  }
  return chosen;
}

/** Fills the frames of 0 Hz with the last pitch before them, else with the first of all. */
function holdPitch(hz: Float32Array): void {
  let last = hz.find((value) => value > 0) ?? UNPITCHED_HZ;
  for (let frame = 0; frame < hz.length; frame += 1) {
    if (hz[frame]! > 0) last = hz[frame]!;
    else hz[frame] = last;
  }
}
