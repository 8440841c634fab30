/**
 * Scales a plan by the pace of one measured run of the same stack.
 *
 * A description does not tell how well a stack was tuned, and two stacks are a quarter apart on
 * the same machines. How much longer than planned one run took is much the same for other runs of
 * that stack: `test/published/series.test.ts` computes how much.
 */

import type { Architecture } from "../catalog/architecture.ts";
import { scaled } from "./layer-time.ts";
import { SHAPE_FIELDS } from "./request.ts";
import type { Setup } from "./setup.ts";
import type { StepTime } from "./step-time.ts";

/** The unit of a speed, of a plan and of a measured run. */
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
  /** The measured run, completed as it was planned, and the names of what was chosen for that. */
  readonly setup: Setup;
  readonly assumed: readonly string[];
}

type Chosen = Pick<Pace, "setup" | "assumed">;

/** Every part of a step takes as much longer as the whole: which one lags was not measured. */
export function atPace(step: StepTime, { ratio }: Pick<Pace, "ratio">): StepTime {
  const { layers, ...parts } = step;
  const times = Object.entries(parts).map(([name, seconds]) => [name, seconds * ratio]);
  return {
    ...(Object.fromEntries(times) as Omit<StepTime, "layers">),
    layers: scaled(layers, ratio),
  };
}

/** What makes one configuration of another, whatever the size of the cluster and the batch. */
export const CONFIGURATION = [
  "precision",
  "compiled",
  "attention",
  "sequence",
  "microBatch",
  "tensorParallel",
  "pipelineParallel",
  "interleave",
  "contextParallel",
  "expertParallel",
  "recompute",
  "recomputeShare",
  "sharding",
  "tuned",
] as const;

/**
 * In what a measured run is of another kind than this one, in words; nothing where it says all that
 * one run can say about another. What both leave open is the planner's own affair.
 */
export function differences({ setup, assumed }: Chosen, pace: Chosen): string[] {
  const { setup: measured } = pace;
  const isOpen = (name: string) => assumed.includes(name) && pace.assumed.includes(name);
  const differing = (name: string, here: string | number | boolean, there: typeof here) =>
    here === there ? [] : [`${name} (${there}, not ${here})`];
  return [
    ...shapeDifferences(setup.shape, measured.shape).map(
      (name) => `${name} (${measured.shape[name] ?? 0}, not ${setup.shape[name] ?? 0})`,
    ),
    ...differing("gpu", setup.gpu.name, measured.gpu.name),
    ...differing("power limit", setup.gpu.powerWatts, measured.gpu.powerWatts),
    ...differing("nicGbPerSecond", setup.gpu.nicGbPerSecond, measured.gpu.nicGbPerSecond),
    ...CONFIGURATION.flatMap((name) =>
      isOpen(name) ? [] : differing(name, setup[name], measured[name]),
    ),
  ];
}

/** In what two models differ, of what a description says of them. */
export function shapeDifferences(
  one: Architecture,
  other: Architecture,
): (typeof SHAPE_FIELDS)[number][] {
  return SHAPE_FIELDS.filter((name) => (one[name] ?? 0) !== (other[name] ?? 0));
}

/** A ratio beyond these is a slip more often than a stack. */
const USUAL_RATIO = { least: 0.6, most: 2.5 };

/** What makes a measured run a poor witness of this one. */
export function paceWarnings(planned: Chosen, pace: Pace): string[] {
  const unlike = differences(planned, pace).join(", ");
  const times = `${pace.ratio.toPrecision(2)} times as long as planned`;
  const isUsual = pace.ratio >= USUAL_RATIO.least && pace.ratio <= USUAL_RATIO.most;
  return [
    ...(unlike === "" ? [] : [`The measured run differs in ${unlike}: it says less of this one`]),
    ...(isUsual
      ? []
      : [`The measured run took ${times}: see whether its batch, GPUs and units are right`]),
  ];
}
