/** A whole decoded sound with its controls: what `apply.ts` does in a stream, at once. */

import { MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import { BIN_COUNT, TEXTURE_BANDS } from "../../model/bands.ts";
import { loudnessOf } from "../loudness.ts";
import { hasMoves, type Moves, moveFrames } from "./apply.ts";
import { attackMoved } from "./attack.ts";
import type { FramePitch } from "./hollow.ts";
import { levelMover } from "./level-mover.ts";
import { rowsAt, timeMapOf } from "./time-map.ts";

export interface DecodedFrames {
  /** Decibels, shape [frames, BIN_COUNT]. */
  readonly levels: Float32Array;
  /** Shares of noise, shape [ceil(frames / framesPerLatent), TEXTURE_BANDS]. */
  readonly texture: Float32Array;
  readonly framesPerLatent: number;
  /** Of each latent vector; absent in models without pitch. */
  readonly pitches?: readonly FramePitch[];
  /** At the pitch of before, where it was moved; shape of `levels`. */
  readonly unmoved?: Float32Array;
}

/** Frames with their spectrum and time moved; the same ones where neither is to move. */
export function movedFrames(frames: DecodedFrames, moves: Moves): DecodedFrames {
  const { pitches, unmoved, framesPerLatent } = frames;
  let { levels, texture } = frames;
  if (hasMoves(moves, "frames") || unmoved !== undefined) {
    levels = levels.slice();
    texture = texture.slice();
    const context = { ...(pitches && { pitches }), ...(unmoved && { unmoved }) };
    moveFrames({ levels, texture, framesPerLatent, ...context }, moves);
  }
  const known = pitches && { pitches };
  if (!hasMoves(moves, "time")) return { levels, texture, framesPerLatent, ...known };
  const map = timeMapOf(Float64Array.from(loudnessOf(frames.levels, 1)), moves);
  const vectors = latentPlaces(map.places, framesPerLatent);
  return {
    levels: rowsAt(levels, map, BIN_COUNT),
    texture: rowsAt(texture, vectors, TEXTURE_BANDS),
    framesPerLatent: 1,
    ...(pitches && {
      pitches: Array.from(vectors.places, (at) => pitches[Math.min(at, pitches.length - 1)]!),
    }),
  };
}

/** New samples at MODEL_RATE_HZ of one gesture; the same ones where nothing is to move. */
export function movedSamples(samples: Float32Array, moves: Moves): Float32Array {
  if (!hasMoves(moves, "samples")) return samples;
  const moved =
    moves.attack === 0 ? samples.slice() : attackMoved(samples, moves.attack, MODEL_RATE_HZ);
  levelMover(moves, MODEL_RATE_HZ).move(moved);
  return moved;
}

/** The texture stands for latent vectors: each frame takes that of its own. */
function latentPlaces(places: Float64Array, framesPerLatent: number) {
  return {
    length: places.length,
    places: places.map((place) => Math.floor(place / framesPerLatent)),
  };
}
