/**
 * The keys: which sound is under each, prepared ahead where there is time, and the voices that
 * sound now.
 */

import { MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import { type Moves, noMoves } from "../controls/apply.ts";
import type { Gesture } from "../gestures.ts";
import { type KeySound, openKeySound } from "./key-sound.ts";
import type { LiveVoice } from "./live-voice.ts";
import { type SoundingKey, soundingKey } from "./sounding-key.ts";

export interface Keys {
  /** Different sounds under the keys: key 36 has the first, as drum machines do, and so on, round. */
  readonly padCount: number;
  /** Keys whose sound is ready as it would be played now. */
  readonly preparedCount: number;
  readonly soundingCount: number;
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
  /** Renders one vector where it is needed most; false where nothing is to do. */
  work(isQuiet: boolean): Promise<boolean>;
}

/** At most so many sound at once; the next one takes the place of the oldest. */
const SOUNDING_MAX = 16;
/** Recordings whose gestures lie under keys. */
const PADS_MAX = 24;
const FIRST_KEY = 36;
/** Samples of a sounding key that should be ready; nothing else is rendered before they are. */
const AHEAD = 8192;

interface Pad {
  readonly gesture: Gesture;
  sound: KeySound | undefined;
  /** How often what sounds are made with had changed when this one was begun. */
  made: number;
}

export function openKeys(first: LiveVoice): Keys {
  let voice = first;
  let moves: Moves = noMoves;
  let changes = 0;
  let pads = padsOf(voice);
  let sounding: SoundingKey[] = [];
  let [isDown, semitones] = [false, 0];
  /** Its sound as it is to be now, begun anew where that has changed. */
  const soundOf = (pad: Pad): KeySound => {
    if (pad.sound === undefined || pad.made !== changes) {
      const seed = 1 + pads.indexOf(pad);
      pad.sound = openKeySound(voice, { gesture: pad.gesture, moves, seed });
      pad.made = changes;
    }
    return pad.sound;
  };
  const isFresh = (pad: Pad): boolean => pad.sound?.isDone === true && pad.made === changes;
  return {
    get padCount() {
      return pads.length;
    },
    get preparedCount() {
      return pads.filter(isFresh).length;
    },
    get soundingCount() {
      return sounding.length;
    },
    press: (key, velocity) => {
      const pad = pads[(((key - FIRST_KEY) % pads.length) + pads.length) % pads.length]!;
      for (const one of sounding) if (one.key === key) one.choke();
      const others = sounding.filter(({ isChoked }) => !isChoked);
      if (others.length >= SOUNDING_MAX) others[0]?.choke();
      sounding.push(soundingKey({ key, velocity, sound: soundOf(pad) }));
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
    change: (how) => {
      voice = how.voice ?? voice;
      moves = how.moves ?? moves;
      changes += 1;
      if (how.voice !== undefined) pads = padsOf(voice);
    },
    mixInto: (out) => {
      let missing = 0;
      for (const one of sounding) missing += one.mixInto(out, semitones);
      sounding = sounding.filter((one) => !one.isOver);
      return missing;
    },
    work: async (isQuiet) => {
      const urgent = mostUrgent(sounding);
      if (urgent !== undefined) {
        await urgent.sound.next();
        return true;
      }
      if (!isQuiet) return false;
      const stale = pads.find((pad) => !isFresh(pad));
      if (stale === undefined) return false;
      await soundOf(stale).next();
      return true;
    },
  };
}

/** The one that has least ahead, where it is little. */
function mostUrgent(sounding: readonly SoundingKey[]): SoundingKey | undefined {
  let least = Number.POSITIVE_INFINITY;
  let found: SoundingKey | undefined;
  for (const one of sounding) {
    const { ahead } = one;
    if (ahead < least) [least, found] = [ahead, one];
  }
  return least < Math.max(AHEAD, 0.1 * MODEL_RATE_HZ) ? found : undefined;
}

/** The longest gesture with an onset of each recording, in order of recordings. */
function padsOf({ corpus }: LiveVoice): Pad[] {
  const files = [...new Set(corpus.gestures.map(({ file }) => file))];
  const step = Math.max(1, files.length / PADS_MAX);
  const chosen = Array.from(
    { length: Math.min(files.length, PADS_MAX) },
    (_, i) => files[Math.floor(i * step)]!,
  );
  return chosen.map((file) => {
    const ofFile = corpus.gestures.filter((gesture) => gesture.file === file);
    const gesture = ofFile.reduce((best, one) => (one.length > best.length ? one : best));
    return { gesture, sound: undefined, made: -1 };
  });
}
