/** Whether the recordings have a pitch to learn. */

import { BIN_COUNT } from "../model/bands.ts";
import { CONDITION_COUNT } from "../model/conditions.ts";
import type { PackedFrames } from "../model/sound-frames.ts";

/**
 * From this share of voiced frames on, pitch is part of the code. With fewer, what is gained on them
 * is lost on the others (docs/log.md).
 */
const VOICED_LEAST = 0.5;

/** A frame is heard if any level is within 50 dB of the file's loudest band, as steps of a byte. */
const HEARD_STEP = Math.round(255 * (1 - 50 / 96));

/** Of the frames that can be heard, in all files together. */
export function isPitched(
  files: readonly Pick<PackedFrames, "conditions" | "steps" | "frameCount">[],
): boolean {
  let voiced = 0;
  let heard = 0;
  for (const { conditions, steps, frameCount } of files) {
    for (let frame = 0; frame < frameCount; frame += 1) {
      const row = steps.subarray(frame * BIN_COUNT, (frame + 1) * BIN_COUNT);
      if (!row.some((step) => step >= HEARD_STEP)) continue;
      heard += 1;
      if ((conditions[frame * CONDITION_COUNT + 1] ?? 0) > 0.5) voiced += 1;
    }
  }
  return heard > 0 && voiced / heard >= VOICED_LEAST;
}
