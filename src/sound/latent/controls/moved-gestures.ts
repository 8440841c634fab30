/** Gestures with what controls move of their paths, before they are decoded. */

import { defaultStft, MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import type { Codec } from "../codec.ts";
import type { PlacedGesture } from "../performance.ts";
import { movedPath, type PathMove } from "./path-moves.ts";

export type PathLayout = Pick<Codec, "latentSize" | "conditions" | "framesPerLatent">;

/** @param options.isHeld They have no end that could be moved by itself. */
export function movedGestures(
  gestures: readonly PlacedGesture[],
  layout: PathLayout,
  { move, isHeld }: { readonly move: PathMove | undefined; readonly isHeld: boolean },
): readonly PlacedGesture[] {
  if (move === undefined) return gestures;
  const latentsPerSecond = MODEL_RATE_HZ / defaultStft.hopLength / layout.framesPerLatent;
  return gestures.map((gesture) => {
    const peak = isHeld ? undefined : peakOf(gesture, layout);
    const time = { latentsPerSecond, peak };
    const path = movedPath(gesture.path, layout, { move, time });
    // Character and vibrato are what is wanted; only what a pitch brings with it is held.
    if (move.pitch === 0 || layout.conditions.length === 0) return { ...gesture, path };
    const still = movedPath(gesture.path, layout, { move: { ...move, pitch: 0 }, time });
    return { ...gesture, path, unmovedPath: still };
  });
}

/** Where the peak of its leading gesture has come to lie. */
function peakOf({ path, lead }: PlacedGesture, { latentSize }: PathLayout): number {
  const last = path.length / latentSize - 1;
  return Math.min(last, Math.round((lead.peak * last) / Math.max(1, lead.length - 1)));
}
