/** Places a sound in space: stereo, binaural or ambisonic. */

import { faded } from "../level.ts";
import { lengthOf, type Sound } from "../sound.ts";
import { toAmbisonic } from "./ambisonic.ts";
import { toBinaural } from "./binaural.ts";
import type { Place } from "./place.ts";
import { toStereo } from "./stereo.ts";

export type Space = StereoSpace | PlacedSpace;

export interface StereoSpace {
  /** Two channels of one sound, or the sounds of two seeds as left and right. */
  readonly kind: "stereo" | "two-seeds";
  /** 0, mono, to 1.5. @default 0.7 of one sound; 1, as they are, of two */
  readonly width?: number;
  /** 0 near to 1 far. @default 0 */
  readonly depth?: number;
}

export interface PlacedSpace extends Place {
  /** For headphones, or first-order ambisonics (AmbiX). */
  readonly kind: "binaural" | "ambisonic";
}

/** Channels of a sound in a space; without one, it has one. */
export function channelsIn(space: Space | undefined): 1 | 2 | 4 {
  if (space === undefined) return 1;
  return space.kind === "ambisonic" ? 4 : 2;
}

export interface PlaceOptions {
  readonly space: Space;
  /** Whether a room may not make the sound longer. @default false */
  readonly keepsLength?: boolean;
}

/**
 * Puts a sound into space. Its level is not set anew: several channels together may exceed full
 * scale.
 *
 * @param sound One channel; two, of two seeds.
 */
export function placed(sound: Sound, { space, keepsLength = false }: PlaceOptions): Sound {
  const made = inSpace(sound, space);
  return keepsLength ? cutTo(made, lengthOf(sound)) : made;
}

// --- internal ---

const WIDTH = { stereo: 0.7, "two-seeds": 1 };

/** Of a room that is cut off. */
const RELEASE_SECONDS = 0.05;

function inSpace(sound: Sound, space: Space): Sound {
  const { sampleRate, channels } = sound;
  switch (space.kind) {
    case "stereo":
    case "two-seeds":
      return toStereo(sound, { width: space.width ?? WIDTH[space.kind], depth: space.depth ?? 0 });
    case "binaural":
      return toBinaural(channels[0]!, sampleRate, space);
    case "ambisonic":
      return toAmbisonic(channels[0]!, sampleRate, space);
  }
}

function cutTo({ sampleRate, channels }: Sound, length: number): Sound {
  if (channels.every((samples) => samples.length <= length)) return { sampleRate, channels };
  const outLength = Math.round(RELEASE_SECONDS * sampleRate);
  return {
    sampleRate,
    channels: channels.map((samples) =>
      faded(samples.subarray(0, length), { inLength: 0, outLength }),
    ),
  };
}
