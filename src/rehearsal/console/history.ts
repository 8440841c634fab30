/** The curves of a whole run, reduced to a few hundred points. Pure: same events, same points. */

import type { RunEvent, StepDone } from "../../events/events.ts";
import { isNewRun } from "../../events/run-state.ts";
import { taskLoss } from "../../events/task-loss.ts";

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

export const noHistory: History = {
  steps: [],
  rates: [],
  results: [],
  everySteps: 1,
  nextStep: 1,
};

const POINTS_MAX = 400;

export function historyAfter(history: History, event: RunEvent): History {
  switch (event.type) {
    case "run-started":
      return isNewRun(event) ? noHistory : historyUntil(history, event.resumedAtStep);
    case "run-restored":
      return historyUntil(history, event.step);
    case "step-done":
      return afterStep(history, event);
    default:
      return history;
  }
}

/** When there are too many points, every other goes. */
function afterStep(history: History, step: StepDone): History {
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
