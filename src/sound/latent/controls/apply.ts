/**
 * What controls do to a sound, stage by stage; nothing here knows a model.
 *
 * A *position* is what a person sets, a whole number from -10 to 10; a *move* is what it asks for
 * in the unit of the control's descriptor: the step that was measured for the model, times the
 * position.
 *
 * - Path: `movedPath` (path-moves.ts) moves the pitch, the vibrato and the character of a path, before
 *   it is decoded. In a stream give it the rows as they come, with their time.
 * - Frames: `moveFrames` moves decoded levels of any number of latent vectors, each by itself. In a
 *   stream, call it with the frames of each vector as they come; nothing is kept between calls.
 * - Time: `timeMapOf` (time-map.ts) says which moment of the sound comes when. Offline it maps
 *   frames. In a stream it maps the path: give it the loudness of its vectors, and read row
 *   `places[i]` of the path (a fraction between two rows) as the i-th one.
 * - Samples: `levelMover` (level-mover.ts) moves the level of blocks of samples in place; keep one
 *   for a stream. `attackMoved` (attack.ts) shapes the onset of a whole sound.
 *
 * Where `hasMoves` is false for a stage, leave it out: position 0 changes no bit.
 */

import { BIN_COUNT, TEXTURE_BANDS } from "../../model/bands.ts";
import { type FramePitch, moveHollow } from "./hollow.ts";
import type { LevelMove } from "./level-mover.ts";
import { moveNoise } from "./noise-move.ts";
import type { PathMove } from "./path-moves.ts";
import { moveSpectrum, type SpectralMove } from "./spectral-moves.ts";
import type { TimeMove } from "./time-map.ts";

/** What is asked of each stage; 0 leaves a descriptor where it is. */
export interface Moves extends PathMove, SpectralMove, TimeMove, LevelMove {
  /** In octaves of its time. */
  readonly attack: number;
  /** In dB of flatness. */
  readonly noisiness: number;
  /** In dB of odd against even partials. */
  readonly hollow: number;
  /** In dB. */
  readonly loudness: number;
}

/** What can be asked for by name. */
export type ControlName = Exclude<keyof Moves, "character">;

export const noMoves: Moves = {
  pitch: 0,
  vibrato: 0,
  brightness: 0,
  width: 0,
  body: 0,
  noisiness: 0,
  hollow: 0,
  attack: 0,
  decay: 0,
  length: 0,
  modulation: 0,
  roughness: 0,
  loudness: 0,
};

type Stage = "path" | "frames" | "time" | "samples";

const stages: { readonly [S in Stage]: readonly (keyof Moves)[] } = {
  path: ["pitch", "vibrato", "character"],
  frames: ["brightness", "width", "body", "noisiness", "hollow"],
  time: ["decay", "length"],
  samples: ["attack", "modulation", "roughness"],
};

export function hasMoves(moves: Moves, stage: Stage): boolean {
  return stages[stage].some((name) => (moves[name] ?? 0) !== 0);
}

export interface FramesToMove {
  /** Decibels, shape [frames, BIN_COUNT]; moved in place. */
  readonly levels: Float32Array;
  /** Shares of noise, shape [latents, TEXTURE_BANDS]; moved in place. */
  readonly texture?: Float32Array;
  readonly framesPerLatent: number;
  /** Of each latent vector; absent in models without pitch, whose sounds cannot be hollow. */
  readonly pitches?: readonly FramePitch[];
  /** The same frames at the pitch of before, where it was moved: they are as loud. Shape of `levels`. */
  readonly unmoved?: Float32Array;
}

/** Moves the spectrum of decoded frames in place: a few microseconds a frame. */
export function moveFrames(frames: FramesToMove, moves: Moves): void {
  const { levels, texture, framesPerLatent, pitches, unmoved } = frames;
  const size = framesPerLatent * BIN_COUNT;
  for (let latent = 0; latent * size < levels.length; latent += 1) {
    const part = levels.subarray(latent * size, (latent + 1) * size);
    const rough = texture?.subarray(latent * TEXTURE_BANDS, (latent + 1) * TEXTURE_BANDS);
    const before = unmoved?.subarray(latent * size, (latent + 1) * size) ?? Float32Array.from(part);
    if (moves.noisiness !== 0) {
      const ofPart = { levels: part, ...(rough && rough.length > 0 && { texture: rough }) };
      moveNoise(ofPart, moves.noisiness);
    }
    const pitch = pitches?.[latent];
    if (moves.hollow !== 0 && pitch !== undefined) moveHollow(part, pitch, moves.hollow);
    moveSpectrum(part, { before, move: moves, isOtherPitch: unmoved !== undefined });
  }
}
