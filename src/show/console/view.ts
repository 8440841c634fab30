/**
 * The state of the console: the run's state, and what only a view needs.
 *
 * Speeds averaged so that they do not flicker, and the newest losses for a curve. Pure: same
 * events, same view.
 */

import type { PreviewMade, RunEvent, StepDone } from "../../events/events.ts";
import { afterEvent, beforeRun, isNewRun, type RunState } from "../../events/run-state.ts";
import { taskLoss } from "../../events/task-loss.ts";

/** How much a new step counts in an averaged speed; about the last twenty steps matter. */
const NEW_SHARE = 0.1;
const RECENT_LOSSES_MAX = 200;

export interface View {
  readonly run: RunState;
  /** Averaged; undefined where a run is not about audio. */
  readonly audioSecondsPerSecond: number | undefined;
  /** Averaged, the step alone. */
  readonly stepMs: number | undefined;
  /** Of the newest steps, oldest first; each step stands once, as it was last done. */
  readonly recentLosses: readonly StepLoss[];
}

export interface StepLoss {
  readonly step: number;
  /** See `taskLoss`. */
  readonly loss: number;
}

export const emptyView: View = {
  run: beforeRun,
  audioSecondsPerSecond: undefined,
  stepMs: undefined,
  recentLosses: [],
};

/** Where several runs follow one another, the view is that of the newest. */
export function viewAfter(before: View, event: RunEvent): View {
  const view = isNewRun(event) ? emptyView : before;
  return { ...view, ...changes(view, event), run: afterEvent(view.run, event) };
}

/** The newest preview of a kind. The pair to compare is the one that stays the same. */
export function newestPreview({ run }: View, kind: PreviewMade["kind"]): PreviewMade | undefined {
  return run.previews.findLast((one) => one.kind === kind && one.changing !== true);
}

/** How long the newest epoch took, its measuring included. */
export function epochMs({ run }: View): number | undefined {
  const last = run.epochs.at(-1);
  if (last === undefined) return undefined;
  return last.elapsedMs - (run.epochs.at(-2)?.elapsedMs ?? 0);
}

/** The epoch that is going on, counted from 1; 0 before the first step. */
export function currentEpoch({ run }: View): number {
  return Math.max(run.lastStep?.epoch ?? 0, run.epochs.at(-1)?.epoch ?? 0);
}

export function isSimulated({ run }: View): boolean {
  return run.started?.source === "simulated";
}

function changes(view: View, event: RunEvent): Partial<View> {
  switch (event.type) {
    case "run-started":
      return { recentLosses: lossesUntil(view, event.resumedAtStep) };
    case "run-restored":
      return { recentLosses: lossesUntil(view, event.step) };
    case "step-done":
      return afterStep(view, event);
    default:
      return {};
  }
}

function afterStep(view: View, event: StepDone): Partial<View> {
  const loss = taskLoss(event);
  return {
    stepMs: averaged(view.stepMs, event.durationMs),
    audioSecondsPerSecond: averaged(view.audioSecondsPerSecond, event.audioSecondsPerSecond),
    recentLosses:
      loss === undefined
        ? view.recentLosses
        : [...view.recentLosses, { step: event.step, loss }].slice(-RECENT_LOSSES_MAX),
  };
}

/** The state after a restart from a checkpoint: later steps are repeated. */
function lossesUntil({ recentLosses }: View, step: number): readonly StepLoss[] {
  return recentLosses.filter((one) => one.step <= step);
}

function averaged(before: number | undefined, now: number | undefined): number | undefined {
  if (now === undefined || before === undefined) return now ?? before;
  return before + NEW_SHARE * (now - before);
}
