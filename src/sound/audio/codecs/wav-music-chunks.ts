/**
 * What a WAV file says to samplers and sequencers: where it loops, which note it is, how fast it goes.
 *
 * Sources: Microsoft, "Multimedia Data Standards Update", 1994 (smpl, inst, cue); the ACID chunk has
 * no published description and is written as libsndfile reads it (src/wav.c).
 */

import { riffChunk } from "./riff-chunk.ts";

export interface SampleLoop {
  /** First sample of the loop. */
  readonly start: number;
  /** The sample after its last. */
  readonly end: number;
}

export interface SampleNote {
  /** MIDI note at which the sound plays at its own pitch, 0 to 127. */
  readonly rootKey: number;
  /** How far the sound lies above that note, in cents, 0 to below 100. @default 0 */
  readonly cents?: number;
}

/** Chunk `smpl`: the root note, and loops that are played for ever. */
export function samplerChunk(
  sampleRate: number,
  { rootKey, cents = 0 }: SampleNote,
  loops: readonly SampleLoop[],
): Uint8Array<ArrayBuffer> {
  const content = new DataView(new ArrayBuffer(36 + 24 * loops.length));
  content.setUint32(8, Math.round(1e9 / sampleRate), true);
  content.setUint32(12, rootKey, true);
  // The whole range of 32 bits is a semitone.
  content.setUint32(16, Math.min(2 ** 32 - 1, Math.round((cents / 100) * 2 ** 32)), true);
  content.setUint32(28, loops.length, true);
  for (const [i, { start, end }] of loops.entries()) {
    const at = 36 + 24 * i;
    content.setUint32(at, i, true);
    content.setUint32(at + 8, start, true);
    // The last sample that is played, not the one behind it.
    content.setUint32(at + 12, end - 1, true);
  }
  return riffChunk("smpl", new Uint8Array(content.buffer));
}

export interface SampleZone extends SampleNote {
  readonly lowKey: number;
  readonly highKey: number;
  /** 1 to 127. */
  readonly lowVelocity: number;
  readonly highVelocity: number;
}

/** Chunk `inst`: the notes and velocities that the sound is for. */
export function instrumentChunk(zone: SampleZone): Uint8Array<ArrayBuffer> {
  const { rootKey, cents = 0, lowKey, highKey, lowVelocity, highVelocity } = zone;
  const content = new DataView(new ArrayBuffer(7));
  content.setUint8(0, rootKey);
  // Tuning that the player should add: the sound lies above its note by so much.
  content.setInt8(1, Math.max(-50, Math.min(50, -Math.round(cents))));
  content.setUint8(3, lowKey);
  content.setUint8(4, highKey);
  content.setUint8(5, lowVelocity);
  content.setUint8(6, highVelocity);
  return riffChunk("inst", new Uint8Array(content.buffer));
}

/** Chunk `cue `: places in a sound, in samples. */
export function cueChunk(places: readonly number[]): Uint8Array<ArrayBuffer> {
  const content = new DataView(new ArrayBuffer(4 + 24 * places.length));
  content.setUint32(0, places.length, true);
  for (const [i, place] of places.entries()) {
    const at = 4 + 24 * i;
    content.setUint32(at, i + 1, true);
    content.setUint32(at + 4, place, true);
    for (const [k, letter] of [..."data"].entries()) {
      content.setUint8(at + 8 + k, letter.charCodeAt(0));
    }
    content.setUint32(at + 20, place, true);
  }
  return riffChunk("cue ", new Uint8Array(content.buffer));
}

export interface TempoFacts {
  /** Quarter notes a minute. */
  readonly bpm: number;
  /** Of the whole sound, in the time signature's own beats. */
  readonly beats: number;
  readonly beatsPerBar: number;
  readonly beatUnit: number;
}

const ACID_LOOP_STRETCHED = 4;
/** C, which is what is written where no root note is set. */
const ACID_ROOT = 60;

/** Chunk `acid`: a loop of so many beats at a tempo, which a sequencer may stretch to its own. */
export function acidChunk({
  bpm,
  beats,
  beatsPerBar,
  beatUnit,
}: TempoFacts): Uint8Array<ArrayBuffer> {
  const content = new DataView(new ArrayBuffer(24));
  content.setUint32(0, ACID_LOOP_STRETCHED, true);
  content.setUint16(4, ACID_ROOT, true);
  content.setUint16(6, 0x8000, true);
  content.setUint32(12, beats, true);
  content.setUint16(16, beatUnit, true);
  content.setUint16(18, beatsPerBar, true);
  content.setFloat32(20, bpm, true);
  return riffChunk("acid", new Uint8Array(content.buffer));
}
