import { expect, test } from "vitest";
import type { Gesture } from "../gestures.ts";
import { octavesOfNote } from "../path-pitch.ts";
import { keyNotes } from "./key-notes.ts";
import type { LiveVoice } from "./live-voice.ts";

/** Recordings of four rows, each of two latents, the pitch and the voicing. */
function voiceOf(notes: readonly (number | undefined)[]): LiveVoice {
  const rows = notes.flatMap((note) =>
    Array.from({ length: 4 }, () => [0, 0, octavesOfNote(note ?? 57), note === undefined ? 0 : 1]),
  );
  const gestures = notes.map(
    (_, file): Gesture => ({
      file,
      start: 4 * file,
      length: 4,
      peak: 1,
      hasOnset: true,
      hasEnd: true,
      untilNext: undefined,
    }),
  );
  const vectors = Float32Array.from(rows.flat());
  return { corpus: { vectors, size: 4, gestures }, pitchColumn: 2 } as unknown as LiveVoice;
}

test("keyNotes() gives a corpus of notes a keyboard: the nearest note, moved to the key", () => {
  const notes = keyNotes(voiceOf([60, 64, 72]));
  expect(notes.isKeyboard).toBe(true);
  const { gesture, shiftOctaves } = notes.partOf(65);
  expect(gesture.file).toBe(1);
  expect(shiftOctaves).toBeCloseTo(1 / 12, 5);
  expect(notes.partOf(60).shiftOctaves).toBeCloseTo(0, 5);
  expect(notes.keys.toSorted((a, b) => a - b)[0]).toBe(56);
  expect(notes.keys).toHaveLength(21);
});

test("keyNotes() gives any other corpus pads, the first one under key 36, round and round", () => {
  const notes = keyNotes(voiceOf([undefined, 64, undefined, undefined]));
  expect(notes.isKeyboard).toBe(false);
  expect(notes.keys).toEqual([36, 37, 38, 39]);
  for (const key of [36, 40, 32, 0]) expect(notes.partOf(key).gesture.file).toBe(0);
  expect(notes.partOf(37)).toMatchObject({ shiftOctaves: 0, gesture: { file: 1 } });
});
