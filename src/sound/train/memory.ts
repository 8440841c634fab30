/** Estimates the memory of a run, and finds the largest batch that fits. */

import type { Notice } from "../../events/events.ts";
import { kinds } from "../model/kinds.ts";
import { chunkFrames, type TrainSettings } from "./settings.ts";

/** Estimated peak memory of a run. @param heldBytes What the process holds with the corpus read. */
export function neededBytes(
  { model, batchSize, chunkSeconds }: TrainSettings,
  heldBytes: number,
): number {
  const { bytesPerFrame, fixedBytes } = kinds[model].memory;
  return heldBytes + fixedBytes + batchSize * chunkFrames(chunkSeconds) * bytesPerFrame;
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
