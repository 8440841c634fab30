/**
 * What one measured run says of its stack.
 *
 * A description does not tell how well a stack was tuned, and two stacks are a quarter apart on
 * the same machines. How much longer than planned one run took is much the same for other runs of
 * that stack: `published/pace.test.ts` computes how much.
 */

import { scaled } from "./layer-time.ts";
import type { Setup } from "./setup.ts";
import type { StepTime } from "./step-time.ts";

/** In what a speed is told; of a plan and of a measured run. */
export const SPEED_FIGURES = [
  "stepSeconds",
  "tokensPerSecondPerGpu",
  "tflopsPerGpu",
  "mfu",
  "mfuFullAttention",
] as const;

export type SpeedFigure = (typeof SPEED_FIGURES)[number];

export interface Pace {
  /** Measured over planned step time. */
  readonly ratio: number;
  readonly figure: SpeedFigure;
  readonly measured: number;
  readonly planned: number;
  /** The measured run, completed as it was planned. */
  readonly setup: Setup;
}

/** Every part of a step takes as much longer as the whole: which one lags was not measured. */
export function atPace(step: StepTime, { ratio }: Pick<Pace, "ratio">): StepTime {
  const { layers, ...parts } = step;
  const times = Object.entries(parts).map(([name, seconds]) => [name, seconds * ratio]);
  return {
    ...(Object.fromEntries(times) as Omit<StepTime, "layers">),
    layers: scaled(layers, ratio),
  };
}

/** A ratio beyond these is a slip more often than a stack. */
const USUAL_RATIO = { least: 0.6, most: 2.5 };

/** What makes a measured run a poor witness of this one. */
export function paceWarnings(setup: Setup, { ratio, setup: measured }: Pace): string[] {
  const warnings: string[] = [];
  const differ = (what: string, here: string | number, there: string | number) => {
    if (here === there) return;
    warnings.push(
      `The measured run has another ${what} (${there}, not ${here}): it says less of this one`,
    );
  };
  differ("GPU", setup.gpu.name, measured.gpu.name);
  differ("precision", setup.precision, measured.precision);
  differ("model", sizeOf(setup), sizeOf(measured));
  if (ratio < USUAL_RATIO.least || ratio > USUAL_RATIO.most) {
    const times = `${ratio.toPrecision(2)} times as long as planned`;
    warnings.push(
      `The measured run took ${times}: see whether its batch, GPUs and units are right`,
    );
  }
  return warnings;
}

function sizeOf({ shape }: Setup): string {
  return `${shape.layers} layers of ${shape.hidden}`;
}
