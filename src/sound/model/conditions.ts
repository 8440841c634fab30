/**
 * Conditions: what is known about a sound by name, beside its latents. They are the last numbers of
 * each row of a path, and a decoder takes them for each frame.
 *
 * A row stands for a group of frames (43 ms). Its pitch is that in the middle of the group; between
 * rows it follows a cubic, which keeps vibrato, unless it jumps: then each group keeps its own.
 */

import { type PitchTrack, UNPITCHED_HZ } from "../audio/pitch/pitch.ts";

/**
 * In this order. `pitch`: log2 of hertz, held where there is none. `voicing`: how much of a pitch
 * there is, from 0 to 1.
 */
export const conditionNames = ["pitch", "voicing"] as const;

export type ConditionName = (typeof conditionNames)[number];

/** Numbers for each frame, and for each row of a path. */
export const CONDITION_COUNT: number = conditionNames.length;

/** Frames that a model learns from or hears, with what is known about them. */
export interface Examples {
  /** Decibels, shape [frames, BIN_COUNT]. */
  readonly frames: Float32Array;
  /** Shape [frames, CONDITION_COUNT]. */
  readonly conditions: Float32Array;
}

/** A step of more than this is a new note, not a glide: 2 semitones. */
const JUMP_OCTAVES = 2 / 12;

const UNPITCHED = Math.log2(UNPITCHED_HZ);

/** Shape [frames, CONDITION_COUNT]. */
export function conditionsOfPitch({ hz, voicing }: PitchTrack): Float32Array {
  const conditions = new Float32Array(hz.length * CONDITION_COUNT);
  for (let frame = 0; frame < hz.length; frame += 1) {
    conditions[frame * CONDITION_COUNT] = Math.log2(hz[frame]!);
    conditions[frame * CONDITION_COUNT + 1] = voicing[frame]!;
  }
  return conditions;
}

/** Of frames without pitch, shape [frames, CONDITION_COUNT]. */
export function unpitched(frameCount: number): Float32Array {
  const conditions = new Float32Array(frameCount * CONDITION_COUNT);
  for (let at = 0; at < conditions.length; at += CONDITION_COUNT) conditions[at] = UNPITCHED;
  return conditions;
}

/**
 * Conditions of groups of frames: the pitch of the two frames in the middle, and the mean voicing.
 * A group without pitch holds that of the group before.
 *
 * @param conditions Shape [frames, CONDITION_COUNT]; an incomplete last group counts.
 * @returns Shape [groups, CONDITION_COUNT].
 */
export function groupedConditions(conditions: Float32Array, groupFrames: number): Float32Array {
  const frameCount = conditions.length / CONDITION_COUNT;
  const groups = Math.ceil(frameCount / groupFrames);
  const rows = new Float32Array(groups * CONDITION_COUNT);
  let held = firstPitch(conditions);
  for (let group = 0; group < groups; group += 1) {
    const first = group * groupFrames;
    const last = Math.min(frameCount, first + groupFrames) - 1;
    let voicing = 0;
    for (let frame = first; frame <= last; frame += 1) voicing += voicingAt(conditions, frame);
    held = middlePitch(conditions, first, last) ?? held;
    rows[group * CONDITION_COUNT] = held;
    rows[group * CONDITION_COUNT + 1] = voicing / (last - first + 1);
  }
  return rows;
}

function voicingAt(conditions: Float32Array, frame: number): number {
  return conditions[frame * CONDITION_COUNT + 1]!;
}

function firstPitch(conditions: Float32Array): number {
  for (let at = 0; at < conditions.length; at += CONDITION_COUNT) {
    if (conditions[at + 1]! > 0) return conditions[at]!;
  }
  return conditions[0] ?? UNPITCHED;
}

/**
 * Mean of the voiced frames nearest to the middle; undefined where none is voiced. Where a new note
 * begins between the two in the middle it is the new one: their mean is no pitch of either.
 */
function middlePitch(conditions: Float32Array, first: number, last: number): number | undefined {
  const middle = (first + last) / 2;
  let nearest = Number.POSITIVE_INFINITY;
  let sum = 0;
  let count = 0;
  for (let frame = first; frame <= last; frame += 1) {
    if (voicingAt(conditions, frame) === 0) continue;
    const away = Math.abs(frame - middle);
    if (away < nearest) [nearest, sum, count] = [away, 0, 0];
    if (away > nearest) continue;
    const pitch = conditions[frame * CONDITION_COUNT]!;
    if (count > 0 && Math.abs(pitch - sum / count) > JUMP_OCTAVES) [sum, count] = [0, 0];
    sum += pitch;
    count += 1;
  }
  return count === 0 ? undefined : sum / count;
}

/**
 * Conditions of the frames of a path, the inverse of `groupedConditions`: between the middles of
 * two groups pitch and voicing are interpolated.
 *
 * @param rows Shape [groups, CONDITION_COUNT].
 * @returns Shape [groups * groupFrames, CONDITION_COUNT].
 */
export function framedConditions(rows: Float32Array, groupFrames: number): Float32Array {
  const groups = rows.length / CONDITION_COUNT;
  const frames = new Float32Array(groups * groupFrames * CONDITION_COUNT);
  for (let group = 0; group < groups; group += 1) {
    for (let i = 0; i < groupFrames; i += 1) {
      const place = (i + 0.5) / groupFrames - 0.5;
      const at = (group * groupFrames + i) * CONDITION_COUNT;
      frames[at] = pitchAt(rows, group, place);
      const own = rows[group * CONDITION_COUNT + 1]!;
      const beside = rows[(group + Math.sign(place)) * CONDITION_COUNT + 1] ?? own;
      frames[at + 1] = own + Math.abs(place) * (beside - own);
    }
  }
  return frames;
}

/** @param place In groups from the middle of `group`, -0.5 to 0.5. */
function pitchAt(rows: Float32Array, group: number, place: number): number {
  const before = place < 0 ? group - 1 : group;
  const share = place < 0 ? place + 1 : place;
  const own = rows[group * CONDITION_COUNT]!;
  /** The pitch of a group that continues this one, else undefined. */
  const near = (index: number, of: number): number | undefined => {
    const pitch = rows[index * CONDITION_COUNT];
    const isThere = index >= 0 && pitch !== undefined && rows[index * CONDITION_COUNT + 1]! > 0;
    return isThere && Math.abs(pitch - of) < JUMP_OCTAVES ? pitch : undefined;
  };
  const first = before === group ? own : near(before, own);
  const second = before === group ? near(group + 1, own) : own;
  if (first === undefined || second === undefined) return own;
  const earlier = near(before - 1, first) ?? 2 * first - second;
  const later = near(before + 2, second) ?? 2 * second - first;
  return cubic([earlier, first, second, later], share);
}

/** Through the second (share 0) and the third (share 1) of four values (Catmull and Rom, 1974). */
function cubic([a, b, c, d]: readonly [number, number, number, number], share: number): number {
  const slope = (c - a) / 2;
  const bend = a - 2.5 * b + 2 * c - d / 2;
  const twist = (d - a) / 2 + 1.5 * (b - c);
  return b + share * (slope + share * (bend + share * twist));
}
