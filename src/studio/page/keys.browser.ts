/** Keys and pads: prepared sounds, several at a time, with velocity. */

import { audioOutput } from "./audio.browser.ts";
import { bufferOf, type Track } from "./deck.browser.ts";

export interface Keys {
  /** @param velocity 0 to 1. */
  press(key: number, velocity: number): Promise<void>;
  release(key: number): void;
  sustain(isDown: boolean): void;
  /** @param semitones Of everything that sounds and will. */
  bend(semitones: number): void;
  /** Has the sounds ready before they are struck. */
  prepare(keys: readonly number[]): Promise<void>;
  releaseAll(): void;
}

interface Sounding {
  readonly key: number;
  readonly source: AudioBufferSourceNode;
  readonly gain: GainNode;
  isHeld: boolean;
}

/** The next one takes the place of the oldest. */
const SOUNDING_MAX = 16;
const RELEASE_SECONDS = 0.18;
const CENTS = 100;

/**
 * @param trackOf The sound under a key, and how far it must be transposed, in semitones.
 * @param holds Whether a sound ends when its key is let go.
 */
export function openKeys(
  trackOf: (key: number) => { readonly track: Track; readonly semitones: number },
  holds: () => boolean,
): Keys {
  let sounding: Sounding[] = [];
  let isDown = false;
  let bent = 0;
  const pressed = new Set<number>();

  const end = (one: Sounding): void => {
    const { context } = one.gain;
    one.gain.gain.setTargetAtTime(0, context.currentTime, RELEASE_SECONDS / 3);
    one.source.stop(context.currentTime + 2 * RELEASE_SECONDS);
    sounding = sounding.filter((other) => other !== one);
  };

  return {
    press: async (key, velocity) => {
      pressed.add(key);
      const { context, input } = await audioOutput();
      const { track, semitones } = trackOf(key);
      const buffer = await bufferOf(track, context);
      // Let go while its sound was still being made.
      if (!pressed.has(key) && holds()) return;
      const gain = new GainNode(context, { gain: 0.25 + 0.75 * velocity * velocity });
      const source = new AudioBufferSourceNode(context, {
        buffer,
        detune: CENTS * (semitones + bent),
      });
      source.connect(gain).connect(input);
      source.start();
      const one: Sounding = { key, source, gain, isHeld: true };
      source.onended = () => {
        sounding = sounding.filter((other) => other !== one);
      };
      const [oldest] = sounding;
      if (sounding.length >= SOUNDING_MAX && oldest) end(oldest);
      sounding.push(one);
    },
    release: (key) => {
      pressed.delete(key);
      for (const one of sounding.filter((other) => other.key === key)) {
        one.isHeld = false;
        if (holds() && !isDown) end(one);
      }
    },
    sustain: (down) => {
      isDown = down;
      if (down || !holds()) return;
      for (const one of sounding.filter(({ isHeld }) => !isHeld)) end(one);
    },
    bend: (semitones) => {
      for (const { source } of sounding) source.detune.value += CENTS * (semitones - bent);
      bent = semitones;
    },
    prepare: async (keys) => {
      const context = new OfflineAudioContext(1, 1, 48_000);
      for (const key of keys) await bufferOf(trackOf(key).track, context).catch(() => undefined);
    },
    releaseAll: () => {
      pressed.clear();
      for (const one of [...sounding]) end(one);
    },
  };
}
