/** What a view of a simulated run knows beside the common. Pure: same events, same state. */

import type { ClusterDescribed, ClusterStatus, EvaluationDone } from "../../events/cluster.ts";
import type { RunEvent, StepDone } from "../../events/events.ts";
import { taskLoss } from "../../events/task-loss.ts";

export interface Cluster {
  readonly described: ClusterDescribed | undefined;
  readonly status: ClusterStatus | undefined;
  readonly evaluation: EvaluationDone | undefined;
  readonly history: History;
  readonly restarts: number;
}

/** Figures of every so many steps, from the first on, of the attempt that counts. */
export interface History {
  readonly steps: readonly number[];
  readonly rates: readonly number[];
  /** Losses; in a run that learns from rewards, these. */
  readonly results: readonly number[];
  readonly everySteps: number;
  /** The next one to be kept. */
  readonly nextStep: number;
}

export const emptyCluster: Cluster = {
  described: undefined,
  status: undefined,
  evaluation: undefined,
  history: { steps: [], rates: [], results: [], everySteps: 1, nextStep: 1 },
  restarts: 0,
};

const POINTS_MAX = 400;

export function clusterAfter(cluster: Cluster, event: RunEvent): Cluster {
  switch (event.type) {
    case "cluster-described":
      return { ...cluster, described: event };
    case "cluster-status":
      return { ...cluster, status: event };
    case "evaluation-done":
      return { ...cluster, evaluation: event };
    case "run-restored":
      return {
        ...cluster,
        restarts: event.restart,
        history: historyUntil(cluster.history, event.step),
      };
    case "step-done":
      return { ...cluster, history: historyAfter(cluster.history, event) };
    default:
      return cluster;
  }
}

/** The whole course of a run in few points: when there are too many, every other goes. */
function historyAfter(history: History, step: StepDone): History {
  const loss = taskLoss(step);
  if (step.step < history.nextStep || loss === undefined) return history;
  const { everySteps } = history;
  const steps = [...history.steps, step.step];
  const rates = [...history.rates, step.learningRate];
  const results = [...history.results, step.policy?.reward ?? loss];
  const nextStep = step.step + everySteps;
  if (results.length <= POINTS_MAX) return { steps, rates, results, everySteps, nextStep };
  const isKept = (_: number, index: number): boolean => index % 2 === 0;
  return {
    steps: steps.filter(isKept),
    rates: rates.filter(isKept),
    results: results.filter(isKept),
    everySteps: 2 * everySteps,
    // An odd number of them: the newest stays.
    nextStep: step.step + 2 * everySteps,
  };
}

/** What a restart from a checkpoint leaves: the steps after it are done again. */
function historyUntil(history: History, step: number): History {
  const { steps, rates, results, everySteps } = history;
  const count = steps.filter((one) => one <= step).length;
  if (count === steps.length) return history;
  return {
    steps: steps.slice(0, count),
    rates: rates.slice(0, count),
    results: results.slice(0, count),
    everySteps,
    nextStep: (steps[count - 1] ?? 1 - everySteps) + everySteps,
  };
}
