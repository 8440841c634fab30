/** Estimates the memory of a run, and finds the largest batch that fits. */

import type { Notice } from "../../events/events.ts";
import { chunkFrames, type TrainSettings } from "./settings.ts";

/**
 * Measured on the peak of whole runs with batches of 1 to 32 (docs/log.md): what a step holds for
 * each frame of its batch, and what everything else takes beside the corpus.
 */
const BYTES = {
  spectral: { perFrame: 80_000, fixed: 450e6 },
  mel: { perFrame: 115_000, fixed: 320e6 },
} as const;

/** Estimated peak memory of a run. @param heldBytes What the process holds with the corpus read. */
export function neededBytes(
  { model, batchSize, chunkSeconds }: TrainSettings,
  heldBytes: number,
): number {
  const { perFrame, fixed } = BYTES[model];
  return heldBytes + fixed + batchSize * chunkFrames(chunkSeconds) * perFrame;
}

/**
 * The same settings with the batch halved until the run fits, at least 1, and a notice about it.
 */
export function withinMemory(
  settings: TrainSettings,
  { heldBytes, limitBytes }: { readonly heldBytes: number; readonly limitBytes: number },
): { readonly settings: TrainSettings; readonly notices: readonly Notice[] } {
  let fitting = settings;
  while (fitting.batchSize > 1 && neededBytes(fitting, heldBytes) > limitBytes) {
    fitting = { ...fitting, batchSize: Math.floor(fitting.batchSize / 2) };
  }
  const limit = gigabytes(limitBytes);
  const needed = neededBytes(fitting, heldBytes);
  const notices: Notice[] = [];
  if (fitting.batchSize < settings.batchSize) {
    const examples = formatExamples(fitting.batchSize);
    const text = `to stay below ${limit} of memory the batch is ${examples} instead of ${settings.batchSize}`;
    notices.push({ type: "notice", level: "warning", code: "batch-reduced", text });
  }
  if (needed > limitBytes) {
    const text = `even the smallest batch needs about ${gigabytes(needed)} of memory, more than the ${limit} allowed`;
    notices.push({ type: "notice", level: "warning", code: "memory-limit-exceeded", text });
  }
  return { settings: fitting, notices };
}

function formatExamples(count: number): string {
  return count === 1 ? "1 example" : `${count} examples`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}
