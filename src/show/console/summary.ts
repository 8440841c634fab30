/** The summary that stays on the screen when a run has ended. */

import type { RunEnded } from "../../events/events.ts";
import { taskLoss } from "../../events/task-loss.ts";
import { plainText } from "../draw/width.ts";
import {
  formatBriefDuration,
  formatCount,
  formatDuration,
  formatLoss,
  formatQuantity,
} from "../numbers.ts";
import { lossBlock, verdictRow } from "./figures.ts";
import { type FrameOptions, finished, frameOf, paragraph, titleLine } from "./frame.ts";
import { isSimulated, newestPreview, type View } from "./view.ts";

export interface SummaryOptions extends FrameOptions {
  /** A command to continue with, "etude resume runs/birds". */
  readonly next?: string | undefined;
}

/** The same width rules as the live view; paths are whole, on as many lines as they need. */
export function summaryLines(view: View, options: SummaryOptions): string[] {
  const frame = frameOf(options);
  const { quiet, accent, good, warning, bad } = frame.colours;
  const { ended } = view.run;
  // Paths are there to be copied: they may use the whole width before they are broken.
  const whole = { ...frame, text: Math.max(1, frame.content - frame.label) };
  const line = (label: string, text: string | undefined): string[] =>
    text === undefined ? [] : paragraph(quiet(label), plainText(text), whole);
  const tones = { finished: good, cancelled: warning, failed: bad };
  const paint = ended === undefined ? accent : tones[ended.outcome];
  const outcome = paragraph(paint(outcomeWord(ended)), endedText(view), frame);
  const best = bestText(view);
  const preview = newestPreview(view, "sample") ?? newestPreview(view, "reconstruction");
  return [
    "",
    titleLine(view, frame),
    "",
    ...outcome,
    ...verdictRow(view, frame),
    ...lossBlock(view, frame).lines,
    ...line("best", best),
    ...line("model", view.run.savedModel?.path),
    ...line("listen", preview?.path),
    ...line("next", options.next),
    "",
  ].map((text) => finished(text, options));
}

/** Where no epoch did better than the start, that is the best. */
function bestText({ run: { bestEpoch, start, epochs } }: View): string | undefined {
  if (bestEpoch !== undefined) {
    const loss = formatLoss(taskLoss(bestEpoch.validationLosses));
    return `${loss} on validation, in epoch ${formatCount(bestEpoch.epoch)}`;
  }
  if (start === undefined || epochs.length === 0) return undefined;
  return `${formatLoss(start.validationTaskLoss)} on validation, before the first step: no epoch did better`;
}

/** The same in one sentence, for where there is no screen. */
export function endedText(view: View): string {
  const { ended, plan, epochs, stepsDone } = view.run;
  const step = formatCount(ended?.step ?? stepsDone);
  const steps = plan === undefined ? step : `${step} of ${formatCount(plan.stepsTotal)}`;
  const took = tookText(view);
  const reason = ended?.reason === undefined ? "" : `: ${plainText(ended.reason)}`;
  switch (ended?.outcome) {
    case "finished":
      return epochs.length > 0
        ? `${formatQuantity(epochs.length, "epoch")} in ${took}${reason}`
        : `${formatQuantity(stepsDone, "step")} in ${took}${reason}`;
    case "failed":
      return `at step ${steps} after ${took}${reason}`;
    case "cancelled":
      // A reason says that nothing could be kept.
      return `at step ${steps} after ${took}${isSimulated(view) || reason !== "" ? "" : ", everything is kept"}${reason}`;
    default:
      return `at step ${steps}, ${formatBriefDuration(view.run.atMs)} into the run, end unknown`;
  }
}

/** The run's own time, or that of the clock beside it where a reader would see two clocks. */
function tookText(view: View): string {
  const { ended, atMs } = view.run;
  const ownMs = ended?.elapsedMs ?? atMs;
  const isOneClock = isSimulated(view) || atMs - ownMs < 1000;
  return formatDuration(isOneClock ? ownMs : atMs);
}

export function outcomeWord(ended: RunEnded | undefined): string {
  const words = { finished: "finished", cancelled: "stopped", failed: "failed" };
  return ended === undefined ? "left" : words[ended.outcome];
}
