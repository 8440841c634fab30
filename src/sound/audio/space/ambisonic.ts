/**
 * A sound at a place in a sphere: first-order ambisonics in the AmbiX convention (channels W, Y, Z
 * and X, normalised by SN3D), for programs that play it over any loudspeakers or turn it with a head.
 */

import type { Sound } from "../sound.ts";
import { atDistance } from "./distance.ts";
import { directionAt, isMoving, type Place } from "./place.ts";
import { sphericalHarmonics } from "./spherical-harmonics.ts";

const CHANNELS = 4;
/** Between two moments a moving sound goes along a straight line. */
const HOP_LENGTH = 64;
/** A room comes from everywhere: each axis has a third of its power. */
const ROOM_GAINS = [1, Math.sqrt(1 / 3), Math.sqrt(1 / 3), Math.sqrt(1 / 3)];

/** Four channels: W, Y (left), Z (up) and X (ahead). */
export function toAmbisonic(mono: Float32Array, sampleRate: number, place: Place): Sound {
  const { direct, room } = atDistance(mono, {
    depth: place.depth ?? 0,
    sampleRate,
    channelCount: CHANNELS,
  });
  const channels = room.map((samples, channel) =>
    samples.map((value) => value * ROOM_GAINS[channel]!),
  );
  const gainsAt = (i: number): Float64Array =>
    sphericalHarmonics(directionAt(place, Math.min(1, i / mono.length)), 1);
  let gains = gainsAt(0);
  for (let start = 0; start < direct.length; start += HOP_LENGTH) {
    const next = isMoving(place) ? gainsAt(start + HOP_LENGTH) : gains;
    const end = Math.min(direct.length, start + HOP_LENGTH);
    for (const [channel, samples] of channels.entries()) {
      const [gain, change] = [gains[channel]!, (next[channel]! - gains[channel]!) / HOP_LENGTH];
      for (let i = start; i < end; i += 1) {
        samples[i] = samples[i]! + direct[i]! * (gain + change * (i - start));
      }
    }
    gains = next;
  }
  return { sampleRate, channels };
}
