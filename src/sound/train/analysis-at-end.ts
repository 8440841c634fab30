/** The controls of a model, measured when its training ends. */

import type { Codec } from "../latent/codec.ts";
import { analyzeControls } from "../latent/controls/analyze.ts";
import type { Voice } from "../latent/generate.ts";
import type { ModelAnalysis } from "../model/analysis.ts";

/** Fewer than `etude analyze` takes: a run that has ended should return soon. */
const SOUNDS = 4;

/** @returns undefined where it was stopped: the model is there, and `analyze` can measure it later. */
export async function analysisAtEnd(
  codec: Codec,
  voice: Voice,
  { signal, breathe }: { readonly signal: AbortSignal; breathe(): Promise<void> },
): Promise<ModelAnalysis | undefined> {
  try {
    return await analyzeControls(codec, voice, { sounds: SOUNDS, signal, breathe });
  } catch (failure) {
    // Recordings without a gesture have nothing to be moved.
    if (signal.aborted || failure instanceof RangeError) return undefined;
    throw failure;
  }
}
