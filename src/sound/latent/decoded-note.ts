/** Decodes a path that may have been moved from the pitch of its recording. */

import { BIN_COUNT, TEXTURE_BANDS } from "../model/bands.ts";
import type { Codec } from "./codec.ts";
import type { FramePitch } from "./controls/hollow.ts";
import { keepFormants } from "./kept-formants.ts";
import { pitchesOfPath, transposed } from "./path-pitch.ts";
import { deepenValleys } from "./raised-valleys.ts";

export interface NotePath {
  /** Shape [latents, latentSize]. */
  readonly path: Float32Array;
  /** Octaves above the pitch of the recordings. @default 0 */
  readonly raisedBy?: number;
  /** The path before a control moved its pitch. */
  readonly unmovedPath?: Float32Array;
}

export interface DecodedNote {
  /** Roughness, shape [latents, TEXTURE_BANDS]. */
  readonly texture: Float32Array;
  /** Decibels, shape [frames, BIN_COUNT]. */
  readonly levels: Float32Array;
  /** Of each latent vector; absent in models without pitch. */
  readonly pitches?: readonly FramePitch[];
  /** Before a control moved the pitch; shape of `levels`. */
  readonly unmoved?: Float32Array;
}

export interface NoteTools {
  /** Roughness along the path, shape [latents, TEXTURE_BANDS]; not changed. */
  readonly texture: Float32Array;
  /** Decibels of a path, shape [frames, BIN_COUNT]: an array of its own each time. */
  decode(path: Float32Array): Promise<Float32Array>;
}

export async function decodedNote(
  { path, raisedBy = 0, unmovedPath }: NotePath,
  codec: Pick<Codec, "latentSize" | "conditions" | "framesPerLatent">,
  { texture, decode }: NoteTools,
): Promise<DecodedNote> {
  const pitches = pitchesOfPath(path, codec)?.map((pitch) => ({ ...pitch, raisedBy }));
  const unmoved = unmovedPath && (await decode(unmovedPath));
  const note = { levels: await decode(path), texture: texture.slice() };
  if (pitches && raisedBy !== 0) {
    const recorded = await decode(transposed(path, codec, -12 * raisedBy));
    tuneFrames(note, recorded, { pitches, framesPerLatent: codec.framesPerLatent });
  }
  return { ...note, ...(pitches && { pitches }), ...(unmoved && { unmoved }) };
}

/** Partials that were moved, with the formants and the clarity of the note. */
function tuneFrames(
  { levels, texture }: Pick<DecodedNote, "levels" | "texture">,
  recorded: Float32Array,
  {
    pitches,
    framesPerLatent,
  }: { readonly pitches: readonly FramePitch[]; readonly framesPerLatent: number },
): void {
  const size = framesPerLatent * BIN_COUNT;
  for (const [at, pitch] of pitches.entries()) {
    const here = (of: Float32Array): Float32Array => of.subarray(at * size, (at + 1) * size);
    const bands = texture.subarray(at * TEXTURE_BANDS, (at + 1) * TEXTURE_BANDS);
    keepFormants({ levels: here(levels), texture: bands }, here(recorded), pitch);
    deepenValleys(here(levels), pitch);
  }
}
