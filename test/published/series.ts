/**
 * Published runs of one configuration: source, model, cards and split are the same, the cluster or
 * the batch is another. What the smallest of them says of the others is what `--measured` rests on.
 */

import { planLike } from "../../src/rehearsal/plan/measured.ts";
import { type Plan, planRun } from "../../src/rehearsal/plan/plan.ts";
import type { PublishedRun } from "./read-runs.ts";

/** A run, planned at the pace of the smallest of its configuration. */
export interface PacedRun {
  readonly run: PublishedRun;
  readonly measured: PublishedRun;
  readonly plan: Plan;
  /** Relative errors of the step time: at that pace, without it, and of the measured run's MFU. */
  readonly error: number;
  readonly plainError: number;
  readonly sameMfuError: number;
}

/** All but the smallest of each configuration. */
export function pacedRuns(runs: readonly PublishedRun[]): PacedRun[] {
  return seriesOf(runs).flatMap((series) =>
    series.flatMap((run, i) => {
      const paced = series.slice(0, i).map((measured) => pacedBy(run, measured));
      return paced.find(({ plan }) => plan.likely.kind === "measured") ?? [];
    }),
  );
}

function pacedBy(run: PublishedRun, measured: PublishedRun): PacedRun {
  const { request, stepSeconds } = measured;
  const plan = planLike(run.request, { request, figure: "stepSeconds", value: stepSeconds });
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

/** By the part of the name that says whose runs they are, in the order of their size. */
function seriesOf(runs: readonly PublishedRun[]): PublishedRun[][] {
  const series = new Map<string, PublishedRun[]>();
  for (const run of runs) {
    const [whose = ""] = run.name.split(/ \| |, /);
    series.set(whose, [...(series.get(whose) ?? []), run]);
  }
  return [...series.values()].map((all) =>
    all.toSorted((a, b) => a.request.gpuCount - b.request.gpuCount),
  );
}
