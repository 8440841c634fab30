/**
 * Which gesture of the corpus lies under which key, and at which pitch it is played.
 *
 * A corpus of notes has a keyboard: each key takes the gesture whose pitch is nearest and moves it
 * to its own. Any other has pads: key 36 plays the first recording, as drum machines do, and so on,
 * round.
 */

import type { Gesture } from "../gestures.ts";
import { octavesOfNote } from "../path-pitch.ts";
import type { LiveVoice } from "./live-voice.ts";

export interface KeyPart {
  readonly gesture: Gesture;
  /** Added to the pitch of its rows, in octaves. */
  readonly shiftOctaves: number;
}

export interface KeyNotes {
  readonly isKeyboard: boolean;
  /** Keys whose sounds are worth preparing: of all different sounds, the middle ones first. */
  readonly keys: readonly number[];
  partOf(key: number): KeyPart;
}

/** Recordings whose gestures lie under pads. */
const PADS_MAX = 24;
const FIRST_PAD = 36;
/** A gesture is a note where it is voiced so much; a corpus where so many of its gestures are. */
const VOICED = 0.5;
/** Keys beyond the lowest and the highest note of the corpus that are prepared too. */
const KEYS_BEYOND = 4;

export function keyNotes(voice: LiveVoice): KeyNotes {
  const notes = notesOf(voice);
  const { gestures } = voice.corpus;
  return notes.length > VOICED * gestures.length ? keyboard(notes) : pads(gestures);
}

// --- internal ---

interface Note {
  readonly gesture: Gesture;
  /** log2 of hertz: the middle of its voiced rows. */
  readonly pitch: number;
}

function notesOf({ corpus, pitchColumn }: LiveVoice): Note[] {
  if (pitchColumn === undefined) return [];
  const { vectors, size, gestures } = corpus;
  return gestures.flatMap((gesture) => {
    const rows = Array.from({ length: gesture.length }, (_, i) => (gesture.start + i) * size);
    const voicing = rows.reduce((sum, row) => sum + vectors[row + pitchColumn + 1]!, 0);
    if (voicing < VOICED * rows.length) return [];
    const pitches = rows
      .filter((row) => vectors[row + pitchColumn + 1]! > VOICED)
      .map((row) => vectors[row + pitchColumn]!)
      .sort((a, b) => a - b);
    const pitch = pitches[Math.floor(pitches.length / 2)];
    return pitch === undefined ? [] : [{ gesture, pitch }];
  });
}

function keyboard(notes: readonly Note[]): KeyNotes {
  const noteOf = (pitch: number): number => 69 + 12 * (pitch - Math.log2(440));
  const all = notes.map(({ pitch }) => noteOf(pitch));
  const lowest = Math.max(0, Math.round(Math.min(...all)) - KEYS_BEYOND);
  const highest = Math.min(127, Math.round(Math.max(...all)) + KEYS_BEYOND);
  const middle = (lowest + highest) / 2;
  return {
    isKeyboard: true,
    keys: Array.from({ length: highest - lowest + 1 }, (_, i) => lowest + i).sort(
      (a, b) => Math.abs(a - middle) - Math.abs(b - middle),
    ),
    partOf: (key) => {
      const pitch = octavesOfNote(key);
      const away = (note: Note): number => Math.abs(note.pitch - pitch);
      const nearest = notes.reduce((best, note) => (away(note) < away(best) ? note : best));
      return { gesture: nearest.gesture, shiftOctaves: pitch - nearest.pitch };
    },
  };
}

/** The longest gesture of each recording, in order of recordings. */
function pads(gestures: readonly Gesture[]): KeyNotes {
  const files = [...new Set(gestures.map(({ file }) => file))];
  const step = Math.max(1, files.length / PADS_MAX);
  const count = Math.min(files.length, PADS_MAX);
  const chosen = Array.from({ length: count }, (_, i) => {
    const ofFile = gestures.filter(({ file }) => file === files[Math.floor(i * step)]);
    return ofFile.reduce((best, one) => (one.length > best.length ? one : best));
  });
  return {
    isKeyboard: false,
    keys: chosen.map((_, i) => FIRST_PAD + i),
    partOf: (key) => {
      const place = (((key - FIRST_PAD) % count) + count) % count;
      return { gesture: chosen[place]!, shiftOctaves: 0 };
    },
  };
}
