/** Gestures with what controls move of their paths, before they are decoded. */

import { defaultStft, MODEL_RATE_HZ } from "../../audio/spectrogram.ts";
import type { Codec } from "../codec.ts";
import type { NotePath } from "../decoded-note.ts";
import type { PlacedGesture } from "../performance.ts";
import { movedPath, type PathMove, type PathTime } from "./path-moves.ts";

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
    return movedNote(gesture, layout, { move, time: { latentsPerSecond, peak } });
  });
}

/** One of them, or a held note. */
export function movedNote<N extends NotePath>(
  note: N,
  layout: PathLayout,
  { move, time }: { readonly move: PathMove; readonly time: PathTime },
): N {
  const path = movedPath(note.path, layout, { move, time });
  // Character and vibrato are what is wanted; only what a pitch brings with it is held.
  if (move.pitch === 0 || layout.conditions.length === 0) return { ...note, path };
  const still = movedPath(note.path, layout, { move: { ...move, pitch: 0 }, time });
  return { ...note, path, unmovedPath: still };
}

/** Where the peak of its leading gesture has come to lie. */
function peakOf({ path, lead }: PlacedGesture, { latentSize }: PathLayout): number {
  const last = path.length / latentSize - 1;
  return Math.min(last, Math.round((lead.peak * last) / Math.max(1, lead.length - 1)));
}
