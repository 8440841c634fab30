/** The figures of a step in one row: all of them in a log, the most important ones on a screen. */

import type { StepDone } from "../../events/events.ts";
import { remainingMs } from "../../events/remaining.ts";
import { taskLoss } from "../../events/task-loss.ts";
import type { View } from "../../show/console/view.ts";
import { displayWidth, padStart } from "../../show/draw/width.ts";
import {
  formatClock,
  formatCount,
  formatDuration,
  formatFixed,
  formatScientific,
  formatShort,
} from "../../show/numbers.ts";
import { DAY_MS } from "../engine/units.ts";
import { type Figure, fittedFigures } from "./fitting.ts";
import { samplesText } from "./samples.ts";

/** Up to the MFU, and one more where there is a reward. */
const NEEDED = 5;

/** @param width Available columns; without it, everything is printed. */
export function stepText(step: StepDone, view: View, width?: number): string {
  const needed = step.policy === undefined ? NEEDED : NEEDED + 1;
  return fittedFigures(figuresOf(step, view), { width, needed });
}

function figuresOf(step: StepDone, view: View): Figure[] {
  const { text, policy } = step;
  const { atMs } = view.run;
  const leftMs = remainingMs(view.run, atMs);
  const samples = samplesText(step);
  return [
    numberFigure(step, view),
    lossFigure(step),
    policy && figure(3, `reward ${formatFixed(policy.reward, 3)}`),
    policy && figure(7, `kl ${formatFixed(policy.kl, 4)}`),
    policy && responseFigure(policy.responseTokens),
    text?.perplexity === undefined
      ? undefined
      : figure(8, `ppl ${formatFixed(text.perplexity, 2)}`),
    gradientFigure(step),
    figure(4, `lr ${formatScientific(step.learningRate)}`),
    text && figure(2, `${formatShort(text.tokensPerSecond)} tok/s`),
    samples === undefined ? undefined : figure(11, samples),
    text && mfuFigure(text.mfu),
    text && throughputFigure(text.tflopsPerGpu),
    figure(13, `${formatFixed(step.durationMs / 1000, 2)} s`),
    timeFigure(14, "elapsed", atMs),
    leftMs === undefined ? undefined : timeFigure(6, "eta", leftMs),
  ].filter((one) => one !== undefined);
}

/** As wide for every step of the run: the figures behind stand in columns. */
function numberFigure({ step }: StepDone, { run }: View): Figure {
  const number = formatCount(step);
  if (run.plan === undefined) return figure(0, `step ${number}`);
  const total = formatCount(run.plan.stepsTotal);
  const padded = `step ${padStart(number, displayWidth(total))}`;
  return {
    importance: 0,
    full: `step ${number}/${total}`,
    brief: `${padded}/${total}`,
    briefest: padded,
  };
}

function lossFigure(step: StepDone): Figure {
  const loss = taskLoss(step);
  if (loss === undefined) return figure(1, "loss skipped");
  return {
    importance: 1,
    full: `loss ${formatFixed(loss, 4)}`,
    // As wide above 10 as below.
    brief: `loss ${formatFixed(loss, Math.abs(loss) < 9.99995 ? 4 : 3)}`,
    briefest: `loss ${formatFixed(loss, 3)}`,
  };
}

function responseFigure(tokens: number): Figure {
  const brief = `${formatCount(tokens)} tok/response`;
  return { ...figure(9, brief), full: `${formatCount(tokens)} tokens a response` };
}

function gradientFigure({ gradientNorm, clipped }: StepDone): Figure | undefined {
  if (gradientNorm === undefined) return undefined;
  return figure(10, `grad ${formatFixed(gradientNorm, 3)}${clipped ? " clipped" : ""}`);
}

function mfuFigure(mfu: number): Figure {
  const brief = `mfu ${formatFixed(mfu * 100, 1)}%`;
  return { ...figure(5, brief), briefest: `mfu ${formatFixed(mfu * 100, 0)}%` };
}

function throughputFigure(tflopsPerGpu: number): Figure {
  return figure(12, `${formatFixed(tflopsPerGpu, 0)} TFLOP/s/GPU`);
}

/** By the clock up to a day, which is shorter. */
function timeFigure(importance: number, name: string, ms: number): Figure {
  const long = `${name} ${formatDuration(ms)}`;
  const brief = ms < DAY_MS ? `${name} ${formatClock(ms)}` : long;
  return { ...figure(importance, brief), full: long };
}

function figure(importance: number, text: string): Figure {
  return { importance, full: text, brief: text, briefest: text };
}
