/** A sound at a place around a head, for headphones. */

import type { Sound } from "../sound.ts";
import { atDistance } from "./distance.ts";
import { createHead, type Side } from "./head.ts";
import { movingFilter } from "./moving-filter.ts";
import { directionAt, isMoving, type Place } from "./place.ts";

/** How often a moving source is heard anew, in seconds. */
const HOP_SECONDS = 0.01;

/** Two channels, left and right ear; those of the mirrored place are the same, swapped. */
export function toBinaural(mono: Float32Array, sampleRate: number, place: Place): Sound {
  const { direct, room } = atDistance(mono, {
    depth: place.depth ?? 0,
    sampleRate,
    channelCount: 2,
  });
  const head = createHead(sampleRate);
  const hopLength = Math.round(HOP_SECONDS * sampleRate);
  const hops = isMoving(place) ? Math.ceil(direct.length / hopLength) + 1 : 1;
  const heard = (side: Side): Float32Array<ArrayBuffer> => {
    const ears = Array.from({ length: hops }, (_, hop) =>
      head.hear(directionAt(place, Math.min(1, (hop * hopLength) / mono.length)), side),
    );
    return movingFilter(direct, ears, { sampleRate, hopLength });
  };
  // The room is the same for both mirror images: it is swapped with the side of the sound.
  const isLeft = Math.sin((place.azimuthDegrees * Math.PI) / 180) >= 0;
  const channels = [heard("left"), heard("right")].map((samples, side) =>
    samples.map((value, i) => value + room[isLeft ? side : 1 - side]![i]!),
  );
  return { sampleRate, channels };
}
