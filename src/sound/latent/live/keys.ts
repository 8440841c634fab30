/**
 * The keys: which sound is under each, prepared ahead where there is time, and the voices that
 * sound now.
 */

import { type Moves, noMoves } from "../controls/apply.ts";
import { type KeyNotes, type KeyPart, keyNotes } from "./key-notes.ts";
import { type KeySound, openKeySound } from "./key-sound.ts";
import type { LiveVoice } from "./live-voice.ts";
import { type SoundingKey, soundingKey } from "./sounding-key.ts";

export interface Keys {
  /** Keys are notes; otherwise they are pads, the first one key 36. */
  readonly isKeyboard: boolean;
  /** Keys with a sound of their own, lowest first. */
  readonly soundKeys: readonly number[];
  /** Keys whose sound is ready as it would be played now. */
  readonly preparedCount: number;
  readonly soundingCount: number;
  /** No voice from before `change` is needed any more. */
  readonly isSettled: boolean;
  /** @param velocity 0 to 1. */
  press(key: number, velocity: number): void;
  release(key: number): void;
  /** Held notes last until the pedal goes up. */
  sustain(isDown: boolean): void;
  /** @param semitones Of everything that sounds and will. */
  bend(semitones: number): void;
  releaseAll(): void;
  /** What the sounds are made with from now on; those that sound stay as they are. */
  change(how: { readonly voice?: LiveVoice; readonly moves?: Moves }): void;
  /** Adds what sounds to `out`; gives the samples that were not ready in time. */
  mixInto(out: Float32Array): number;
  /**
   * Adds the beginning of the key that was pressed last, which then goes on from there.
   *
   * @returns False where it is not ready, and nothing was added.
   */
  mixLastInto(out: Float32Array): boolean;
  /** Renders one vector where it is needed most; false where nothing is to do. */
  work(isQuiet: boolean): Promise<boolean>;
}

/** At most so many sound at once; the next one takes the place of the oldest. */
const SOUNDING_MAX = 16;
/** Samples of a sounding key that should be ready; nothing else is rendered before they are. */
const AHEAD_LENGTH = 8192;
/** What a bent sound looks ahead. */
const INTERPOLATION_LENGTH = 4;
/** Sounds that are kept. */
const KEPT_MAX = 96;

export function openKeys(first: LiveVoice): Keys {
  const sounds = keptSounds(first);
  let sounding: SoundingKey[] = [];
  let [isDown, semitones] = [false, 0];
  return {
    get isKeyboard() {
      return sounds.notes().isKeyboard;
    },
    get soundKeys() {
      return sounds.notes().keys.toSorted((a, b) => a - b);
    },
    get preparedCount() {
      return sounds.notes().keys.filter(sounds.isReady).length;
    },
    get soundingCount() {
      return sounding.length;
    },
    get isSettled() {
      return sounding.every(({ sound }) => sound.isDone || sound.voice === sounds.voice());
    },
    press: (key, velocity) => {
      for (const one of sounding) if (one.key === key) one.choke();
      const others = sounding.filter(({ isChoked }) => !isChoked);
      if (others.length >= SOUNDING_MAX) others[0]?.choke();
      sounding.push(soundingKey({ key, velocity, sound: sounds.of(key) }));
    },
    release: (key) => {
      for (const one of sounding) if (one.key === key) one.letGo(isDown);
    },
    sustain: (down) => {
      isDown = down;
      if (!down) for (const one of sounding) one.pedalUp();
    },
    bend: (by) => {
      semitones = by;
    },
    releaseAll: () => {
      for (const one of sounding) one.letGo(false);
    },
    change: sounds.change,
    mixInto: (out) => {
      let missing = 0;
      for (const one of sounding) missing += one.mixInto(out, semitones);
      sounding = sounding.filter((one) => !one.isOver);
      return missing;
    },
    mixLastInto: (out) => {
      const last = sounding.at(-1);
      const needed = out.length * 2 ** (Math.max(0, semitones) / 12) + INTERPOLATION_LENGTH;
      if (last === undefined || last.ahead < needed) return false;
      last.mixInto(out, semitones);
      return true;
    },
    work: async (isQuiet) => {
      const urgent = mostUrgent(sounding);
      if (urgent !== undefined) {
        await urgent.sound.next();
        return true;
      }
      const stale = isQuiet ? sounds.notes().keys.find((key) => !sounds.isReady(key)) : undefined;
      if (stale === undefined) return false;
      await sounds.of(stale).next();
      return true;
    },
  };
}

interface KeptSounds extends Pick<Keys, "change"> {
  notes(): KeyNotes;
  voice(): LiveVoice;
  /** The sound of a key as it is to be now, begun anew where that has changed. */
  of(key: number): KeySound;
  isReady(key: number): boolean;
}

function keptSounds(first: LiveVoice): KeptSounds {
  let voice = first;
  let moves: Moves = noMoves;
  let notes = keyNotes(voice);
  /** Those of now by name; the one that was asked for last stands last. */
  const sounds = new Map<string, KeySound>();
  return {
    notes: () => notes,
    voice: () => voice,
    of: (key) => {
      const part = notes.partOf(key);
      const name = nameOf(part);
      const seed = part.gesture.start + 1;
      const sound = sounds.get(name) ?? openKeySound(voice, { part, moves, seed });
      sounds.delete(name);
      sounds.set(name, sound);
      if (sounds.size > KEPT_MAX) sounds.delete(sounds.keys().next().value ?? "");
      return sound;
    },
    isReady: (key) => sounds.get(nameOf(notes.partOf(key)))?.isDone === true,
    change: (how) => {
      moves = how.moves ?? moves;
      sounds.clear();
      if (how.voice === undefined) return;
      voice = how.voice;
      notes = keyNotes(voice);
    },
  };
}

function nameOf({ gesture, shiftOctaves }: KeyPart): string {
  return `${gesture.start} ${shiftOctaves}`;
}

/** The one that has least ahead, where it is little. */
function mostUrgent(sounding: readonly SoundingKey[]): SoundingKey | undefined {
  let least = Number.POSITIVE_INFINITY;
  let found: SoundingKey | undefined;
  for (const one of sounding) {
    const { ahead } = one;
    if (ahead < least) [least, found] = [ahead, one];
  }
  return least < AHEAD_LENGTH ? found : undefined;
}
