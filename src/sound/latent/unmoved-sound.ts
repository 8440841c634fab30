/**
 * Remembers the last sound of each model as it is before its controls act: whoever moves a control
 * does so again and again on the same one.
 */

import type { PhaseQuality } from "../audio/phase.ts";
import type { Model } from "../model/model-file.ts";
import type { Codec } from "./codec.ts";
import { type Composition, type UnmovedLevel, unmovedLevel } from "./composition.ts";

export interface UnmovedSound {
  readonly composition: Composition;
  readonly level: UnmovedLevel;
}

export interface UnmovedQuery {
  readonly codec: Codec;
  readonly voice: Pick<Model, "weights" | "latents">;
  /** All else that the composition depends on, as plain data. */
  readonly key: unknown;
  readonly quality: PhaseQuality;
}

interface Remembered extends UnmovedSound {
  readonly codec: Codec;
  readonly weights: Float32Array;
  readonly key: string;
}

const last = new WeakMap<Model["latents"], Remembered>();

/** 20 s: 8 MB. Longer sounds are not remembered. */
const REMEMBERED_LEVELS = 2_000_000;

/** @param compose Decides and decodes it; the same for the same query. */
export async function unmovedSound(
  { codec, voice, key: asked, quality }: UnmovedQuery,
  compose: () => Promise<Composition>,
): Promise<UnmovedSound> {
  const key = JSON.stringify(asked);
  const { weights, latents } = voice;
  const known = last.get(latents);
  if (known?.key === key && known.codec === codec && known.weights === weights) return known;
  const composition = await compose();
  const level = await unmovedLevel(composition, quality);
  const size = composition.gestures.reduce((sum, { levels }) => sum + levels.length, 0);
  if (size <= REMEMBERED_LEVELS) last.set(latents, { codec, weights, key, composition, level });
  return { composition, level };
}
