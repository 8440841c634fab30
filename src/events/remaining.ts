/** How long a run will still take, by what is known of it. */

import { expectedMs } from "./pace.ts";
import type { RunState } from "./run-state.ts";

/**
 * What is left to run, in milliseconds; undefined before it is known, and once it is overdue.
 *
 * @param atMs Now, by the time of the run: it may have gone on since its newest event.
 */
export function remainingMs(run: RunState, atMs: number): number | undefined {
  const { epochs, plan, pace, stepsDone } = run;
  const { firstStep, lastStepAtMs, epochAtMs } = run.stretch;
  const epoch = epochs.at(-1);
  if (epoch !== undefined && epochAtMs !== undefined) {
    const leftMs = epoch.etaMs - (atMs - epochAtMs);
    return leftMs > 0 ? leftMs : undefined;
  }
  if (plan === undefined) return undefined;
  const expected = expectedMs(pace, plan, stepsDone);
  if (expected !== undefined && lastStepAtMs !== undefined) {
    // How long a step takes that exceeds it, as in a failure, is unknown.
    const sinceMs = Math.min(atMs - lastStepAtMs, expected.stepMs);
    return expected.leftMs > sinceMs ? expected.leftMs - sinceMs : undefined;
  }
  if (firstStep === undefined || lastStepAtMs === undefined) return undefined;
  const steps = stepsDone - firstStep.step;
  if (steps < 3) return undefined;
  const left = plan.stepsTotal - stepsDone;
  const leftMs = ((lastStepAtMs - firstStep.atMs) / steps) * left - (atMs - lastStepAtMs);
  return leftMs > 0 ? leftMs : undefined;
}
