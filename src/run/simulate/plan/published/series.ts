/** Published runs of one model on one stack and the same cards: what one of them says of the others. */

import { paceOf } from "../measured.ts";
import { type Plan, planRun } from "../plan.ts";
import type { PublishedRun } from "./published-run.ts";

/** A run of a series, planned at the pace of another. */
export interface PacedRun {
  readonly run: PublishedRun;
  readonly measured: PublishedRun;
  readonly plan: Plan;
  /** Relative errors of the step time: at the pace, without it, and of the measured run's MFU. */
  readonly error: number;
  readonly plainError: number;
  readonly sameMfuError: number;
}

/** Every run of a series of at least two, but the smallest cluster's: somebody measured that one. */
export function pacedRuns(runs: readonly PublishedRun[]): PacedRun[] {
  return seriesOf(runs).flatMap((series) => {
    const measured = series.reduce((least, run) =>
      run.request.gpuCount < least.request.gpuCount ? run : least,
    );
    return series.filter((run) => run !== measured).map((run) => paced(run, measured));
  });
}

function paced(run: PublishedRun, measured: PublishedRun): PacedRun {
  const { request, stepSeconds } = measured;
  const pace = paceOf({ request, figure: "stepSeconds", value: stepSeconds }, run.request);
  const plan = planRun(run.request, pace);
  const plain = planRun(run.request);
  const error = (seconds: number) => seconds / run.stepSeconds - 1;
  return {
    run,
    measured,
    plan,
    error: error(plan.stepSeconds),
    plainError: error(plain.stepSeconds),
    sameMfuError: error((plain.stepSeconds * plain.mfu) / measuredMfu(measured)),
  };
}

function measuredMfu({ request, stepSeconds }: PublishedRun): number {
  const plan = planRun(request);
  return (plan.mfu * plan.stepSeconds) / stepSeconds;
}

/** By the part of the name that says whose runs they are, the model, the cards and the precision. */
function seriesOf(runs: readonly PublishedRun[]): PublishedRun[][] {
  const series = new Map<string, PublishedRun[]>();
  for (const run of runs) {
    const { shape, gpu, precision } = planRun(run.request).setup;
    const [whose] = run.name.split(/ \| |, /);
    const model = `${shape.layers} x ${shape.hidden} x ${shape.experts ?? 0}`;
    const key = [whose, model, gpu.name, precision].join(" / ");
    series.set(key, [...(series.get(key) ?? []), run]);
  }
  return [...series.values()].filter(({ length }) => length > 1);
}
