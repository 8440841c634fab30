/**
 * Encodes the recordings: their latent vectors, and their roughness at each.
 *
 * Models see windows of seconds, and many recordings are shorter; so recordings are joined,
 * separated by as much silence as the receptive field spans.
 */

import { BIN_COUNT, TEXTURE_BANDS } from "../model/bands.ts";
import { CONDITION_COUNT, unpitched } from "../model/conditions.ts";
import type { CorpusLatents } from "../model/model-file.ts";
import { LEVEL_MIN_DB } from "../model/sound-frames.ts";
import type { Codec, Heard, ModelWeights } from "./codec.ts";
import { LOUDNESS_MIN_DB, loudnessOf } from "./loudness.ts";
import { textureOf } from "./texture.ts";

/** Latents that are encoded at a time: half a minute of sound. */
const TAPE_LATENTS = 768;

/** One recording, or its beginning. */
export interface RecordingLevels extends Heard {
  /** Magnitude of 0 dB: what tells a quiet recording from a loud one. */
  readonly reference: number;
}

export async function corpusLatents(
  codec: Codec,
  model: ModelWeights,
  recordings: Iterable<RecordingLevels>,
): Promise<CorpusLatents> {
  const parts: TapePart[] = [];
  let tape: Heard[] = [];
  const references: number[] = [];
  let length = 0;
  for (const { levels, conditions, reference } of recordings) {
    references.push(reference);
    tape.push({ levels, conditions });
    length += latentsOf(codec, levels) + codec.contextLatents;
    if (length < TAPE_LATENTS && codec.contextLatents > 0) continue;
    parts.push(...(await throughTape(codec, model, tape)));
    tape = [];
    length = 0;
  }
  if (tape.length > 0) parts.push(...(await throughTape(codec, model, tape)));
  return {
    means: joined(parts.map(({ means }) => means)),
    lengths: parts.map(({ means }) => means.length / codec.latentSize),
    texture: joined(parts.map(({ texture }) => texture)),
    loudness: joined(parts.map(({ loudness }) => loudness)),
    references,
  };
}

interface TapePart {
  readonly means: Float32Array;
  readonly texture: Float32Array;
  readonly loudness: Float32Array;
}

async function throughTape(
  codec: Codec,
  model: ModelWeights,
  recordings: readonly Heard[],
): Promise<TapePart[]> {
  const { latentSize, framesPerLatent } = codec;
  const rowSize = framesPerLatent * BIN_COUNT;
  const places: { readonly start: number; readonly count: number }[] = [];
  let total = 0;
  for (const { levels } of recordings) {
    const count = latentsOf(codec, levels);
    places.push({ start: total, count });
    total += count + codec.contextLatents;
  }
  const [only] = recordings;
  const isSingle = recordings.length === 1 && only !== undefined;
  const joint = isSingle ? only : emptyTape(total * framesPerLatent);
  const tape = joint.levels;
  if (!isSingle) {
    for (const [i, { levels, conditions }] of recordings.entries()) {
      tape.set(levels, places[i]!.start * rowSize);
      joint.conditions.set(conditions, places[i]!.start * framesPerLatent * CONDITION_COUNT);
    }
  }
  const { means, latentCount } = await codec.encode(model, joint);
  const decoded = await codec.decode(model, means, tape.length / BIN_COUNT);
  const texture = textureOf(tape, decoded, { latentCount, framesPerLatent });
  const cut = (rows: Float32Array, width: number, i: number): Float32Array => {
    const { start, count } = isSingle ? { start: 0, count: latentCount } : places[i]!;
    return rows.slice(start * width, (start + count) * width);
  };
  const loudness = heldTo(latentCount, loudnessOf(tape, framesPerLatent));
  return recordings.map((_, i) => ({
    means: cut(means, latentSize, i),
    texture: cut(texture, TEXTURE_BANDS, i),
    loudness: cut(loudness, 1, i),
  }));
}

/** Silence, for recordings to be put on. */
function emptyTape(frameCount: number): Heard {
  return {
    levels: new Float32Array(frameCount * BIN_COUNT).fill(LEVEL_MIN_DB),
    conditions: unpitched(frameCount),
  };
}

function latentsOf({ framesPerLatent }: Codec, levels: Float32Array): number {
  return Math.ceil(levels.length / (framesPerLatent * BIN_COUNT));
}

/** `mel` gives one vector more than there are groups of frames: the last is as loud as the one before. */
function heldTo(count: number, values: Float32Array): Float32Array {
  return Float32Array.from(
    { length: count },
    (_, i) => values[i] ?? values.at(-1) ?? LOUDNESS_MIN_DB,
  );
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
